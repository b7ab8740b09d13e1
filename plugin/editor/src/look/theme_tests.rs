//! Contrast and colour vision, computed.

use super::*;

fn linear(colour: Color32) -> [f32; 3] {
    let [r, g, b, _] = egui::Rgba::from(colour).to_array();
    [r, g, b]
}

/// Contrast of WCAG 2.2.
fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |c: Color32| {
        let [r, g, b] = linear(c);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

type Matrix = [[f32; 3]; 3];

fn apply(m: &Matrix, v: [f32; 3]) -> [f32; 3] {
    m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

/// OKLab (Ottosson, 2020) of linear sRGB.
fn oklab(rgb: [f32; 3]) -> [f32; 3] {
    const LMS: Matrix = [
        [0.412_221_46, 0.536_332_55, 0.051_445_995],
        [0.211_903_5, 0.680_699_5, 0.107_396_96],
        [0.088_302_46, 0.281_718_85, 0.629_978_7],
    ];
    const LAB: Matrix = [
        [0.210_454_26, 0.793_617_8, -0.004_072_047],
        [1.977_998_5, -2.428_592_2, 0.450_593_7],
        [0.025_904_037, 0.782_771_77, -0.808_675_77],
    ];
    apply(&LAB, apply(&LMS, rgb.map(|v| v.clamp(0.0, 1.0))).map(f32::cbrt))
}

/// Full dichromacy on linear sRGB (Machado, Oliveira & Fernandes, 2009, doi:10.1109/TVCG.2009.113), and none.
const VISIONS: [(&str, Matrix); 4] = [
    ("normal", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_82, 0.042_94, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_9],
        ],
    ),
];

#[test]
fn text_and_bars_have_contrast() {
    for theme in [Theme::DARK, Theme::LIGHT] {
        for under in [theme.ground, theme.panel] {
            for (what, colour, least) in [
                ("text", theme.text, 12.0),
                ("muted", theme.muted, 4.5),
                ("faint", theme.faint, 3.0),
                ("accent", theme.accent, 4.5),
                ("good", theme.good, 4.5),
                ("warn", theme.warn, 4.5),
                ("bad", theme.bad, 4.5),
            ] {
                let found = contrast(colour, under);
                assert!(found >= least, "{:?}: {what} has {found:.2} : 1, needs {least}", theme.appearance);
            }
            for family in Family::ALL {
                let found = contrast(theme.family(family), under);
                assert!(found >= 3.0, "{:?}: {family:?} has {found:.2} : 1", theme.appearance);
            }
        }
        assert!(contrast(theme.on_accent(), theme.accent) >= 4.5);
    }
}

#[test]
fn families_keep_apart_for_every_kind_of_colour_vision() {
    /// A distance in OKLab that is seen at a glance: some five just noticeable differences (0.02).
    const APART: f32 = 0.1;
    for theme in [Theme::DARK, Theme::LIGHT] {
        for (vision, matrix) in &VISIONS {
            let seen = |family| oklab(apply(matrix, linear(theme.family(family))));
            let named = &Family::ALL[..6];
            for (i, &a) in named.iter().enumerate() {
                for &b in &named[..i] {
                    let (p, q) = (seen(a), seen(b));
                    let distance = p.iter().zip(q).map(|(p, q)| (p - q).powi(2)).sum::<f32>().sqrt();
                    assert!(
                        distance >= APART,
                        "{:?}, {vision}: {a:?} and {b:?} are only {distance:.3} apart",
                        theme.appearance
                    );
                }
            }
        }
    }
}
