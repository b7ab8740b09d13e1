//! One process at a time in a folder: two that go on with the same run, or write the same pool, would spoil it for both.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

const FILE: &str = "writer.lock";

/// A folder that no other process of ours writes into while this is held. The operating system ends it with the process, however
/// that ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes a folder, which is made if there is none.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where another process has it; or the disk. The caller names the folder.
    pub fn take(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = File::create(folder.join(FILE))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(io::Error::new(
                io::ErrorKind::WouldBlock,
                "another process is at work in this folder; wait for it, stop it, or name another folder",
            )),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_told_and_the_folder_is_free_again() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("runs/1");
        let first = Lock::take(&run).unwrap();
        let error = Lock::take(&run).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        assert!(error.to_string().contains("another process is at work in this folder"), "{error}");
        drop(first);
        Lock::take(&run).unwrap();
    }
}
