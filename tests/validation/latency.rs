//! The latency code computed by hand: t = floor(20 ln(x / (x - 0.2))), x at least 0.2 + 1e-7.

use ohmspike_snn::encode::LatencyCode;

#[test]
fn spike_times_match_the_closed_form() {
    let by_hand = [
        (1.0, Some(4)),     // 20 ln 1.25 = 4.463
        (0.8, Some(5)),     // 20 ln 4/3 = 5.754
        (0.6, Some(8)),     // 20 ln 1.5 = 8.109
        (0.4, Some(13)),    // 20 ln 2 = 13.863
        (0.3, Some(21)),    // 20 ln 3 = 21.972
        (0.25, Some(32)),   // 20 ln 5 = 32.189
        (0.21, Some(60)),   // 20 ln 21 = 60.890
        (0.201, Some(106)), // 20 ln 201 = 106.066
        (0.2, Some(290)),   // clipped: 20 ln 2000001 = 290.173
        (0.199, None),
        (0.0, None),
    ];
    for (intensity, expected) in by_hand {
        assert_eq!(LatencyCode::default().step(intensity, 300), expected, "pixel of intensity {intensity}");
        let in_time = expected.filter(|&step| step < 100);
        assert_eq!(LatencyCode::default().step(intensity, 100), in_time, "pixel of intensity {intensity}");
    }
}

#[test]
fn an_image_is_encoded_pixel_by_pixel() {
    // Of 255: 1, 0.8, 0.4, 0.2 (dropped: after the last step), 0.
    let image: &[u8] = &[255, 204, 102, 51, 0];
    let samples = LatencyCode::default().samples([image].into_iter(), &[7], 100).expect("one small image");
    let train = samples.spikes.sample(0);
    let spikes: Vec<(usize, u16)> = (0..100).flat_map(|t| train.at(t).iter().map(move |&unit| (t, unit))).collect();
    assert_eq!(spikes, [(4, 0), (5, 1), (13, 2)]);
    assert_eq!(samples.labels, [7]);
}
