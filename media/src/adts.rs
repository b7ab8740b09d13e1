//! AAC in ADTS: frames that follow one another (ISO/IEC 14496-3, 1.A.2.2). They are symphonia's to take apart; here stands how
//! one knows them.

/// Length of the frame that begins here, and what all frames of its stream have in common.
pub(crate) fn likeness(bytes: &[u8]) -> Option<(usize, u32)> {
    let head = bytes.get(..7)?;
    let is_sync = head[0] == 0xff && head[1] & 0xf6 == 0xf0;
    let rate = head[2] >> 2 & 0xf;
    let length = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5] >> 5);
    let like = u32::from(head[1]) << 16 | u32::from(head[2] & 0xfd) << 8 | u32::from(head[3] & 0xc0);
    (is_sync && rate < 13 && length > 7).then_some((length, like))
}
