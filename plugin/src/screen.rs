//! The scale of the screen before a window is open on it.

/// Pixels a point: on X11 `Xft.dpi` over 96, as the window itself takes it; 1 where the system scales by itself or says
/// nothing.
pub(crate) fn scale() -> f64 {
    #[cfg(target_os = "linux")]
    let dpi = x11rb::connect(None).ok().and_then(|(screen, _)| {
        let resources = x11rb::resource_manager::new_from_default(&screen).ok()?;
        resources.get_value::<u32>("Xft.dpi", "").ok().flatten()
    });
    #[cfg(not(target_os = "linux"))]
    let dpi: Option<u32> = None;
    dpi.filter(|dpi| (24..=960).contains(dpi)).map_or(1.0, |dpi| f64::from(dpi) / 96.0)
}
