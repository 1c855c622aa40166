//! Describes the machine that runs a trial. It affects run times, not results.

use std::fs;

/// Returns processor, number of threads and system, for example `AMD EPYC 9R14, 2 threads, linux x86_64`.
pub fn machine() -> String {
    let threads = cores();
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let described = format!("{threads} threads, {system} {architecture}");
    match fs::read_to_string("/proc/cpuinfo").ok().as_deref().and_then(processor) {
        Some(processor) => format!("{processor}, {described}"),
        None => described,
    }
}

/// Returns the network name of this machine, or `this machine` if unknown.
pub fn host() -> String {
    let told =
        ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter().find_map(|file| fs::read_to_string(file).ok());
    told.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "this machine".to_owned())
}

/// Returns the number of threads that can run at the same time, at least 1.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Name of the first processor in `/proc/cpuinfo`.
fn processor(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    let name = line.split_once(':')?.1.split_whitespace().collect::<Vec<&str>>().join(" ");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_processor_name() {
        let cpuinfo = "processor\t: 0\nvendor_id\t: X\nmodel name\t: Some  CPU @ 2.0GHz\nmodel name\t: other\n";
        assert_eq!(processor(cpuinfo).as_deref(), Some("Some CPU @ 2.0GHz"));
        assert_eq!(processor("processor: 0\nmodel name :\n"), None);
        assert!(machine().contains("threads, "));
    }
}
