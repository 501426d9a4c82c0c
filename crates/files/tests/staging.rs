//! Outputs appear whole or not at all; inputs that change are noticed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use ceralacca_files::{
    Batch, Durability, Error, FollowLinks, Overwrite, SourceFile, StagedDir, StagedFile,
    is_temporary_name, platform, refuse_existing, refuse_same_file,
};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_committed_file_is_complete_and_alone() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("verbale.mp4.p7m");
    let mut staged = StagedFile::create(&target).unwrap();
    assert!(!target.exists());
    let temporary = names(dir.path());
    assert_eq!(temporary.len(), 1);
    assert!(is_temporary_name(OsStr::new(&temporary[0])), "{temporary:?}");
    staged.preallocate(1 << 20).unwrap();
    staged.write_all(b"0123456789").unwrap();
    staged.seek(SeekFrom::Start(0)).unwrap();
    staged.write_all(b"A").unwrap();
    staged.seek(SeekFrom::Start(0)).unwrap();
    let mut back = String::new();
    staged.read_to_string(&mut back).unwrap();
    assert_eq!(back, "A123456789");
    let path = staged.commit(Overwrite::Never, Durability::File).unwrap();
    assert_eq!(fs::read(path).unwrap(), b"A123456789");
    assert_eq!(names(dir.path()), ["verbale.mp4.p7m"]);
}

#[test]
fn dropped_without_commit_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut staged = StagedFile::create(dir.path().join("a")).unwrap();
    staged.write_all(b"half").unwrap();
    drop(staged);
    let folder = StagedDir::create(dir.path().join("b")).unwrap();
    folder.create_file(Path::new("x/y")).unwrap().write_all(b"half").unwrap();
    drop(folder);
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_killed_run_leaves_old_or_new_and_never_blocks() {
    // std::mem::forget is what a kill is to the file system: no destructor runs.
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    fs::write(&target, b"old").unwrap();
    let mut killed = StagedFile::create(&target).unwrap();
    killed.write_all(b"half of the n").unwrap();
    std::mem::forget(killed);
    assert_eq!(fs::read(&target).unwrap(), b"old");
    let mut again = StagedFile::create(&target).unwrap();
    again.write_all(b"new").unwrap();
    again.commit(Overwrite::Replace, Durability::File).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"new");
    let left: Vec<_> = names(dir.path()).into_iter().filter(|n| n != "out").collect();
    assert_eq!(left.len(), 1);
    assert!(is_temporary_name(OsStr::new(&left[0])));
}

#[test]
fn an_existing_target_is_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    fs::write(&target, b"old").unwrap();
    assert!(matches!(refuse_existing(&target, Overwrite::Never), Err(Error::Exists { .. })));
    refuse_existing(&target, Overwrite::Replace).unwrap();
    let mut staged = StagedFile::create(&target).unwrap();
    staged.write_all(b"new").unwrap();
    let error = staged.commit(Overwrite::Never, Durability::File).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("--overwrite"));
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert_eq!(names(dir.path()), ["out"]);
}

#[test]
fn the_portable_rename_keeps_the_same_promise() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    fs::write(&a, b"a").unwrap();
    fs::write(&b, b"b").unwrap();
    let error = platform::rename_noclobber_portable(&a, &b).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&b).unwrap(), b"b");
    fs::remove_file(&b).unwrap();
    platform::rename_noclobber_portable(&a, &b).unwrap();
    assert_eq!(names(dir.path()), ["b"]);
    // Folders, and a dangling link in the way: the link is a name too.
    fs::create_dir(dir.path().join("d")).unwrap();
    platform::rename_noclobber_portable(&dir.path().join("d"), &dir.path().join("e")).unwrap();
    assert!(platform::rename_noclobber_portable(&dir.path().join("e"), &b).is_err());
}

#[test]
fn a_folder_appears_at_once_and_may_be_replaced_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("PdV");
    let staged = StagedDir::create(&target).unwrap();
    staged.create_file(Path::new("documenti/a")).unwrap().write_all(b"1").unwrap();
    assert!(!target.exists());
    assert!(matches!(staged.create_file(Path::new("../escape")), Err(Error::OutsideFolder { .. })));
    assert!(matches!(
        staged.create_file(Path::new("/etc/escape")),
        Err(Error::OutsideFolder { .. })
    ));
    assert!(matches!(staged.create_file(Path::new("documenti/a")), Err(Error::Exists { .. })));
    staged.commit(Overwrite::Never, Durability::File).unwrap();
    assert_eq!(fs::read(target.join("documenti/a")).unwrap(), b"1");

    let second = StagedDir::create(&target).unwrap();
    second.create_file(Path::new("b")).unwrap();
    let error = second.commit(Overwrite::Never, Durability::File).unwrap_err();
    assert!(matches!(error, Error::Exists { .. }), "{error:?}");
    assert!(target.join("documenti/a").exists());
    assert_eq!(names(dir.path()), ["PdV"]);

    let third = StagedDir::create(&target).unwrap();
    third.create_file(Path::new("b")).unwrap();
    third.commit(Overwrite::Replace, Durability::File).unwrap();
    assert_eq!(names(&target), ["b"]);
    assert_eq!(names(dir.path()), ["PdV"]);
}

#[test]
fn a_batch_appears_together_and_commits_when_full() {
    let dir = tempfile::tempdir().unwrap();
    let mut batch = Batch::new();
    let mut placed = Vec::new();
    for i in 0..Batch::LIMIT + 3 {
        let mut f = StagedFile::create(dir.path().join(format!("{i:03}"))).unwrap();
        f.write_all(b"x").unwrap();
        let now = batch.push(f, Overwrite::Never).unwrap();
        if i + 1 < Batch::LIMIT {
            assert!(now.is_empty() && !dir.path().join("000").exists());
        }
        placed.extend(now);
    }
    assert_eq!(placed.len(), Batch::LIMIT);
    assert_eq!(batch.commit().unwrap().len(), 3);
    assert_eq!(names(dir.path()).len(), Batch::LIMIT + 3);
}

#[test]
fn a_missing_folder_and_a_missing_name_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let error = StagedFile::create(dir.path().join("no/such/out")).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    assert!(matches!(StagedFile::create(dir.path().join("..")), Err(Error::NoName { .. })));
    // A name as long as the system allows still gets a temporary sibling.
    let long = "l".repeat(250) + ".mp4";
    StagedFile::create(dir.path().join(&long))
        .unwrap()
        .commit(Overwrite::Never, Durability::File)
        .unwrap();
}

#[test]
fn a_change_while_reading_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in");
    fs::write(&path, b"0123456789").unwrap();
    let mut source = SourceFile::open(&path, FollowLinks::Refuse).unwrap();
    assert_eq!(source.len(), 10);
    let mut buf = [0; 4];
    source.read_exact(&mut buf).unwrap();
    source.check_unchanged().unwrap();

    // Grown.
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"!").unwrap();
    let error = source.check_unchanged().unwrap_err();
    assert!(matches!(error, Error::Changed { what: "size", .. }), "{error:?}");

    // Same size, other bytes.
    let source = SourceFile::open(&path, FollowLinks::Refuse).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(30));
    fs::OpenOptions::new().write(true).open(&path).unwrap().write_all(b"X").unwrap();
    let error = source.check_unchanged().unwrap_err();
    assert!(matches!(error, Error::Changed { what: "modification time", .. }), "{error:?}");

    // Another file took the name.
    let source = SourceFile::open(&path, FollowLinks::Refuse).unwrap();
    let other = dir.path().join("other");
    fs::copy(&path, &other).unwrap();
    fs::rename(&other, &path).unwrap();
    assert!(matches!(source.check_unchanged(), Err(Error::Changed { .. })));
    // The name is gone.
    let source = SourceFile::open(&path, FollowLinks::Refuse).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(source.check_unchanged(), Err(Error::Changed { what: "identity", .. })));
}

#[cfg(unix)]
#[test]
fn links_devices_pipes_and_folders_are_refused_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real");
    fs::write(&real, b"x").unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    assert!(matches!(
        SourceFile::open(&link, FollowLinks::Refuse),
        Err(Error::SymbolicLink { .. })
    ));
    assert_eq!(SourceFile::open(&link, FollowLinks::Follow).unwrap().len(), 1);
    assert!(matches!(
        SourceFile::open(dir.path(), FollowLinks::Follow),
        Err(Error::NotRegular { .. })
    ));
    assert!(matches!(
        SourceFile::open("/dev/zero", FollowLinks::Follow),
        Err(Error::NotRegular { .. })
    ));
    let fifo = dir.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR).unwrap();
    assert!(matches!(SourceFile::open(&fifo, FollowLinks::Follow), Err(Error::NotRegular { .. })));
    assert!(matches!(
        SourceFile::open(dir.path().join("none"), FollowLinks::Follow),
        Err(Error::NotFound { .. })
    ));
    assert!(matches!(refuse_same_file(&real, &link), Err(Error::SameFile { .. })));
    fs::hard_link(&real, dir.path().join("hard")).unwrap();
    assert!(refuse_same_file(&real, &dir.path().join("hard")).is_err());
    refuse_same_file(&real, &dir.path().join("other")).unwrap();
}

#[test]
fn a_lock_keeps_two_runs_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let one = fs::File::create(&path).unwrap();
    let two = fs::File::open(&path).unwrap();
    assert!(platform::try_lock_exclusive(&one).unwrap());
    assert!(!platform::try_lock_exclusive(&two).unwrap());
    drop(one);
    assert!(platform::try_lock_exclusive(&two).unwrap());
}

/// Runs one ignored test of this file in a child, so that limits and mounts stay its own.
#[cfg(target_os = "linux")]
fn child(name: &str, prefix: &[&str], folder: &Path) -> Option<std::process::Output> {
    let exe = std::env::current_exe().unwrap();
    let mut all: Vec<std::ffi::OsString> = prefix.iter().map(Into::into).collect();
    all.push(exe.into());
    let mut command = std::process::Command::new(&all[0]);
    command
        .args(&all[1..])
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env("CERALACCA_TEST_FOLDER", folder);
    command.output().ok()
}

#[cfg(target_os = "linux")]
fn child_folder() -> Option<std::path::PathBuf> {
    std::env::var_os("CERALACCA_TEST_FOLDER").map(Into::into)
}

/// A file-size limit is the kernel's own "no more bytes", without needing a full disk.
#[cfg(target_os = "linux")]
#[test]
fn no_more_room_is_said_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("out"), b"old").unwrap();
    // The child ignores SIGXFSZ (as a shell `trap` sets it), so that write answers EFBIG.
    let out = child(
        "child_writes_past_its_limit",
        &["sh", "-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""],
        dir.path(),
    )
    .unwrap();
    assert!(
        out.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(names(dir.path()), ["out"]);
    assert_eq!(fs::read(dir.path().join("out")).unwrap(), b"old");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by no_more_room_is_said_and_leaves_nothing"]
fn child_writes_past_its_limit() {
    let Some(folder) = child_folder() else { return };
    let mut staged = StagedFile::create(folder.join("out")).unwrap();
    let block = vec![7u8; 1 << 20];
    let error = staged.write_all(&block).unwrap_err();
    let error = staged.write_error(error);
    assert!(matches!(error, Error::DiskFull { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("free some space"));
    drop(staged);
}

/// A real full disk and a real read-only disk: a small tmpfs in a mount namespace of its own.
#[cfg(target_os = "linux")]
#[test]
fn full_and_read_only_disks() {
    let dir = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=256k none \"$CERALACCA_TEST_FOLDER\" || exit 77; exec \"$0\" \"$@\"";
    let out = child(
        "child_on_a_small_disk",
        &["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        dir.path(),
    );
    match out {
        Some(out) if out.status.success() => {}
        Some(out) if out.status.code() != Some(101) => {
            let require = std::env::var("CERALACCA_REQUIRE_JUDGES").is_ok_and(|v| v == "1");
            eprintln!("skipped: no private tmpfs can be mounted here");
            assert!(!require, "{}", String::from_utf8_lossy(&out.stderr));
        }
        Some(out) => panic!(
            "{}\n{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        ),
        None => eprintln!("skipped: unshare is not installed"),
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by full_and_read_only_disks"]
fn child_on_a_small_disk() {
    let Some(folder) = child_folder() else { return };
    fs::write(folder.join("out"), b"old").unwrap();
    let error = StagedFile::create(folder.join("out")).unwrap().preallocate(1 << 30).unwrap_err();
    assert!(matches!(error, Error::DiskFull { .. }), "{error:?}");
    let mut staged = StagedFile::create(folder.join("out")).unwrap();
    let error = loop {
        if let Err(e) = staged.write_all(&[7u8; 4096]) {
            break staged.write_error(e);
        }
    };
    assert!(matches!(error, Error::DiskFull { .. }), "{error:?}");
    drop(staged);
    assert_eq!(names(&folder), ["out"]);
    let package = StagedDir::create(folder.join("PdV")).unwrap();
    let mut file = package.create_file(Path::new("a")).unwrap();
    while file.write_all(&[7u8; 4096]).is_ok() {}
    drop(file);
    drop(package);
    assert_eq!(names(&folder), ["out"]);
    assert_eq!(fs::read(folder.join("out")).unwrap(), b"old");

    let remount = std::process::Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(&folder)
        .status()
        .unwrap();
    assert!(remount.success());
    let error = StagedFile::create(folder.join("new")).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("writable"));
    assert!(matches!(StagedDir::create(folder.join("new")), Err(Error::ReadOnly { .. })));
}

/// A folder one may not write to. Root may, so root is told that nothing was tested.
#[cfg(unix)]
#[test]
fn a_folder_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: permissions do not bind root");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let error = StagedFile::create(dir.path().join("out")).unwrap_err();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(error, Error::Permission { .. }), "{error:?}");
}
