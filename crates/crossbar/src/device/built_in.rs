//! Built-in devices.

use super::model::Device;

/// Names and file texts of the built-in devices, sorted by name.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("1t1r-yousuf-2025", include_str!("../../device-models/1t1r-yousuf-2025.json")),
    ("1t1r-yousuf-2025-repeats", include_str!("../../device-models/1t1r-yousuf-2025-repeats.json")),
    ("cmo-hfox-falcone-2025", include_str!("../../device-models/cmo-hfox-falcone-2025.json")),
    ("cmo-hfox-falcone-2025-fine", include_str!("../../device-models/cmo-hfox-falcone-2025-fine.json")),
    ("ecram-mo-kim-2019", include_str!("../../device-models/ecram-mo-kim-2019.json")),
    ("ecram-tang-2018", include_str!("../../device-models/ecram-tang-2018.json")),
    ("hfo2-1t1r-milo-2021", include_str!("../../device-models/hfo2-1t1r-milo-2021.json")),
    ("hfo2-array-gong-2022", include_str!("../../device-models/hfo2-array-gong-2022.json")),
    ("hfox-taox-wan-2022-1d", include_str!("../../device-models/hfox-taox-wan-2022-1d.json")),
    ("hfox-taox-wan-2022-1s", include_str!("../../device-models/hfox-taox-wan-2022-1s.json")),
    ("hfox-taox-wan-2022-2d", include_str!("../../device-models/hfox-taox-wan-2022-2d.json")),
    ("ideal", include_str!("../../device-models/ideal.json")),
    ("illustrative-oxide", include_str!("../../device-models/illustrative-oxide.json")),
    ("oxide-ladder-chosen", include_str!("../../device-models/oxide-ladder-chosen.json")),
    ("pcm-joshi-2020", include_str!("../../device-models/pcm-joshi-2020.json")),
    ("reram-array-om-gong-2022", include_str!("../../device-models/reram-array-om-gong-2022.json")),
    ("reram-es-gong-2018", include_str!("../../device-models/reram-es-gong-2018.json")),
    ("reram-sb-gong-2018", include_str!("../../device-models/reram-sb-gong-2018.json")),
    ("study-1k-1m", include_str!("../../device-models/study-1k-1m.json")),
];

impl Device {
    /// Returns the built-in device `name`, or `None` if there is none.
    pub fn built_in(name: &str) -> Option<Device> {
        let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        // Tests read every built-in file.
        Some(Device::from_json(text).expect("built-in devices are valid"))
    }
}
