//! The machine that runs a trial, in words. It decides no bit of a result, only how long it takes.

use std::fs;

/// Processor, number of threads that it offers, and system, for instance `AMD EPYC 9R14, 2 threads, linux x86_64`.
pub fn machine() -> String {
    let threads = cores();
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let described = format!("{threads} threads, {system} {architecture}");
    match fs::read_to_string("/proc/cpuinfo").ok().as_deref().and_then(processor) {
        Some(processor) => format!("{processor}, {described}"),
        None => described,
    }
}

/// Name of this machine in its network, as far as the system tells.
pub fn host() -> String {
    let told =
        ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter().find_map(|file| fs::read_to_string(file).ok());
    told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "this machine".to_owned())
}

/// Threads that run at a time here, as far as the system tells; at least 1.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What Linux calls the first processor.
fn processor(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    let name = line.split_once(':')?.1.split_whitespace().collect::<Vec<&str>>().join(" ");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_that_of_its_line() {
        let cpuinfo = "processor\t: 0\nvendor_id\t: X\nmodel name\t: Some  CPU @ 2.0GHz\nmodel name\t: other\n";
        assert_eq!(processor(cpuinfo).as_deref(), Some("Some CPU @ 2.0GHz"));
        assert_eq!(processor("processor: 0\nmodel name :\n"), None);
        assert!(machine().contains("threads, "));
    }
}
