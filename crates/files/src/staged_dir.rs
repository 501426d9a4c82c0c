//! Folders that appear whole or not at all: a package is built in a temporary sibling and renamed
//! when its last byte has reached the disk.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::staged::{folder_of, with_fresh_name};
use crate::{Durability, Error, Overwrite, platform};

/// A folder being filled under a temporary name; dropped without [`commit`](Self::commit) it
/// disappears with all that is in it.
#[derive(Debug)]
#[must_use = "a folder that is not committed is removed"]
pub struct StagedDir {
    temporary: PathBuf,
    target: PathBuf,
}

impl StagedDir {
    /// Makes an empty temporary folder beside the target.
    ///
    /// # Errors
    /// As [`crate::StagedFile::create`].
    pub fn create(target: impl AsRef<Path>) -> Result<Self, Error> {
        let target = target.as_ref();
        let ((), temporary) =
            with_fresh_name(target, "creating a folder in", |name| fs::create_dir(name))?;
        Ok(Self { temporary, target: target.to_owned() })
    }

    /// The temporary folder, to be filled.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Where the folder will be after [`commit`](Self::commit).
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Creates a new file at a relative path, with its folders. An existing name is refused.
    ///
    /// # Errors
    /// [`Error::OutsideFolder`] for `..`, absolute paths and drive letters; [`Error::Exists`]; what
    /// the system answered.
    pub fn create_file(&self, relative: &Path) -> Result<File, Error> {
        let plain = relative.components().all(|c| matches!(c, Component::Normal(_)));
        if !plain || relative.as_os_str().is_empty() {
            return Err(Error::OutsideFolder { path: relative.to_owned() });
        }
        let path = self.temporary.join(relative);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| {
                Error::from_io("creating the folder of", &self.target.join(relative), e)
            })?;
        }
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|e| Error::from_io("creating", &self.target.join(relative), e))
    }

    /// Puts the complete folder in its place and returns the target's path.
    ///
    /// [`Overwrite::Replace`] swaps the old and the new folder in one step where the system can
    /// (Linux, macOS) and then removes the old one; elsewhere the old one is moved aside first.
    ///
    /// # Errors
    /// [`Error::Exists`] and what the system answered; the target is untouched then.
    pub fn commit(
        mut self,
        overwrite: Overwrite,
        durability: Durability,
    ) -> Result<PathBuf, Error> {
        if durability == Durability::File {
            sync_tree(&self.temporary)?;
        }
        let exists = fs::symlink_metadata(&self.target).is_ok();
        if overwrite == Overwrite::Replace && exists {
            self.replace()?;
        } else {
            platform::rename_noclobber(&self.temporary, &self.target)
                .map_err(|e| Error::from_io("renaming to", &self.target, e))?;
            self.temporary.clear();
        }
        if durability == Durability::File {
            let folder = folder_of(&self.target);
            platform::sync_folder(folder)
                .map_err(|e| Error::from_io("bringing to disk", folder, e))?;
        }
        Ok(self.target.clone())
    }

    fn replace(&mut self) -> Result<(), Error> {
        let renaming = |e| Error::from_io("renaming to", &self.target, e);
        if platform::exchange(&self.temporary, &self.target).map_err(renaming)? {
            // The temporary name now holds the old folder (or file); Drop removes it.
            return Ok(());
        }
        let aside = crate::staged::temporary_beside(&self.target)?;
        fs::rename(&self.target, &aside).map_err(renaming)?;
        if let Err(e) = platform::rename_noclobber(&self.temporary, &self.target) {
            // Put the old one back: better the old than none.
            let _ = fs::rename(&aside, &self.target);
            return Err(renaming(e));
        }
        self.temporary = aside;
        Ok(())
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        if self.temporary.as_os_str().is_empty() {
            return;
        }
        match fs::symlink_metadata(&self.temporary) {
            Ok(meta) if meta.is_dir() => {
                let _ = fs::remove_dir_all(&self.temporary);
            }
            Ok(_) => {
                let _ = fs::remove_file(&self.temporary);
            }
            Err(_) => {}
        }
    }
}

/// Brings every file and folder below `folder` to the disk, the deepest first.
fn sync_tree(folder: &Path) -> Result<(), Error> {
    // A stack of folders, so that depth costs memory and not the call stack.
    let mut folders = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(current) = folders.get(next).cloned() {
        next += 1;
        let reading = |e: io::Error| Error::from_io("reading the folder", &current, e);
        for entry in fs::read_dir(&current).map_err(reading)? {
            let entry = entry.map_err(reading)?;
            let kind = entry.file_type().map_err(reading)?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .and_then(|f| f.sync_all())
                    .map_err(|e| Error::from_io("bringing to disk", &path, e))?;
            }
        }
    }
    for folder in folders.iter().rev() {
        platform::sync_folder(folder).map_err(|e| Error::from_io("bringing to disk", folder, e))?;
    }
    Ok(())
}
