//! Encoding of a file: UTF-8, with or without a byte order mark.

use crate::error::FitError;
use crate::input::InputFile;

/// Byte order mark that some spreadsheets write.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the text of `file`, and a note if it starts with a byte order mark.
///
/// # Errors
/// [`FitError::File`] for UTF-16, as some spreadsheets write it.
pub(super) fn text(file: &InputFile) -> Result<(&[u8], Option<String>), FitError> {
    if file.bytes[..file.bytes.len().min(200)].contains(&0) {
        let problem = "expected UTF-8 text, got UTF-16 or binary data".to_owned();
        return Err(FitError::File { file: file.name.clone(), problem, hint: "export as CSV UTF-8".to_owned() });
    }
    let bytes = file.bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&file.bytes);
    let note = format!("table {}: the byte order mark at the start was ignored", file.name);
    Ok((bytes, (bytes.len() < file.bytes.len()).then_some(note)))
}
