// Without this script the links save the same file packed as .csv.gz.
document.addEventListener('click', async event => {
  const link = event.target.closest('a[data-name]');
  if (!link || !window.DecompressionStream) return;
  event.preventDefault();
  const bytes = Uint8Array.from(atob(link.href.split(',')[1]), letter => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const save = document.createElement('a');
  save.href = URL.createObjectURL(await new Response(plain).blob());
  save.download = link.dataset.name;
  save.click();
});
