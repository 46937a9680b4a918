//! `doctor`: looks at the runs, the decisions and the models, says what is damaged or left behind,
//! and mends it where asked to.

use crate::cli::DoctorArgs;
use crate::cli::planned::planned;
use crate::cli::print::{print_json, say};
use crate::domain::error::{Error, Result};
use crate::domain::shown::number_of;
use crate::review::decisions::known_extent;
use crate::store::models::Loaded;
use crate::store::{
    Findings, Journal, OutputLock, PublishedRun, look_at_current, now, recover, set_aside,
};
use crate::tables::history;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What is wrong, and what was done about it.
#[derive(Default)]
struct Examination {
    wrong: Vec<String>,
    mended: Vec<String>,
}

/// Says what is wrong; 0 where nothing is left to mend, 3 where something is.
pub(crate) fn doctor(args: &DoctorArgs) -> Result<u8> {
    let plan = planned(&args.options)?;
    let out = plan.place();
    if !out.try_exists().map_err(Error::unreadable(&out))? {
        return Err(Error::NotFound(format!("{}: there is no such folder", out.display())));
    }
    let lock = match args.fix {
        true => OutputLock::acquire(&out, &now())?,
        false => OutputLock::acquire_to_look(&out, &now())?,
    };
    let mut found = Examination::default();
    // First: what an examination that died left of its trying is nobody's stranger.
    let below = ["runs", "decisions", "exports", "history"].map(|name| out.join(name));
    for folder in below.iter().chain([&out, &plan.run.models]).filter(|folder| folder.is_dir()) {
        found.wrong.extend(not_writable(folder));
    }
    decisions(&out, args.fix, &mut found)?;
    runs(&lock, args.fix, &mut found)?;
    past(&lock, args.fix, &mut found)?;
    models(&out, &plan.run.models, args.fix, &mut found)?;
    let wrong = look_at_current(&out)?;
    if args.fix {
        found.mended.extend(recover(&lock)?);
        let left = look_at_current(&out)?;
        for what in wrong {
            // Told as mended only when a second look no longer finds it.
            let place = if left.contains(&what) { &mut found.wrong } else { &mut found.mended };
            place.push(what);
        }
    } else {
        found.wrong.extend(wrong);
    }
    if args.options.voice.json {
        print_json(&json!({"wrong": found.wrong, "mended": found.mended}))?;
    } else {
        for what in &found.wrong {
            say!("wrong: {what}");
        }
        for what in &found.mended {
            say!("mended: {what}");
        }
        if found.wrong.is_empty() && found.mended.is_empty() {
            say!("{}: all is as it should be", out.display());
        } else if !found.wrong.is_empty() && !args.fix {
            say!(
                "{}; `doctor --fix` mends what can be mended",
                number_of(found.wrong.len(), "finding")
            );
        }
    }
    Ok(if found.wrong.is_empty() { 0 } else { 3 })
}

/// Why whoever runs this cannot write to `folder`, if so: the night would find out.
fn not_writable(folder: &Path) -> Option<String> {
    // A name that the next run sweeps away, should this one die in between; so does the next
    // examination, where it still is.
    let probe = folder.join(".staging-doctor");
    let _ = fs::remove_dir(&probe);
    let error = fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe)).err()?;
    Some(format!(
        "{}: nothing can be written there ({error}); the night's user must be able to",
        folder.display()
    ))
}

fn decisions(out: &Path, fix: bool, found: &mut Examination) -> Result<()> {
    let known = known_extent(out);
    let Findings { restorable, lost, copies, strangers } = Journal::look(out, known)?;
    for file in strangers {
        found.wrong.push(format!("decisions/{file}: none of ours, left out; move it away"));
    }
    let told = if fix { &mut found.mended } else { &mut found.wrong };
    for file in &restorable {
        told.push(format!("decisions/{file}: damaged or missing, restored from its copy"));
    }
    for file in &copies {
        told.push(format!("decisions/{file}: its second copy is missing or damaged, made anew"));
    }
    for file in &lost {
        told.push(format!(
            "decisions: {file}: damaged or missing, no sound copy: set aside, what it approved is \
             forgotten"
        ));
    }
    if fix {
        if !lost.is_empty() {
            Journal::go_on_without(out, known, &now())?;
        }
        Journal::open(out, known)?;
    }
    Ok(())
}

fn runs(lock: &OutputLock, fix: bool, found: &mut Examination) -> Result<()> {
    let out = lock.out();
    for entry in fs::read_dir(out.join("runs")).into_iter().flatten().flatten() {
        if let Err(error) = PublishedRun::open(&entry.path()) {
            found.wrong.push(format!("{error}; no run uses it: move the folder away"));
        }
    }
    for run in PublishedRun::all(out)? {
        let id = &run.manifest.run_id;
        let damaged = run.damaged();
        if !damaged.is_empty() {
            found.wrong.push(format!(
                "runs/{id}: damaged or missing: {}; run that night again",
                damaged.join(", ")
            ));
        }
        for stranger in run.strangers()? {
            found.wrong.push(format!(
                "runs/{id}/{stranger}: this run did not publish it, nothing reads it; move it away"
            ));
        }
        if !run.has_timings() {
            found.wrong.push(format!(
                "runs/{id}/timings.json: damaged or missing: when it was published is taken from \
                 the time of its manifest"
            ));
        }
        if run.is_plausible() {
            continue;
        }
        let what = format!(
            "runs/{id}: its morning lies after the day it was published ({}): a mistyped date?",
            run.published_at()
        );
        if fix {
            let place = set_aside(lock, &run)?;
            found.mended.push(format!("{what} It is set aside in {}", place.display()));
        } else {
            found.wrong.push(what);
        }
    }
    match PublishedRun::current(out) {
        Ok(_) => {}
        Err(error) => found.wrong.push(format!("current: {error}")),
    }
    Ok(())
}

/// The history beside the runs.
fn past(lock: &OutputLock, fix: bool, found: &mut Examination) -> Result<()> {
    if fix {
        found.mended.extend(history::update(lock.out())?.warning());
    }
    // After mending: what is left are files that are not ours.
    found.wrong.extend(history::look(lock.out()));
    Ok(())
}

/// States that no run goes back to. Another output folder may share the models: it would learn
/// anew.
fn models(out: &Path, dir: &Path, fix: bool, found: &mut Examination) -> Result<()> {
    let mut named: BTreeSet<String> = BTreeSet::new();
    for run in PublishedRun::all(out)? {
        named.extend(run.manifest.refit.map(|refit| refit.run_id));
    }
    // Pilots keep their runs below the output folder, and share its models.
    for run in PublishedRun::all(&out.join("pilot"))? {
        named.extend(run.manifest.refit.map(|refit| refit.run_id));
    }
    for run_id in &named {
        match crate::store::models::load(dir, run_id, "forecast") {
            Ok(Loaded::States(..) | Loaded::OtherBuild(_)) => {}
            Ok(Loaded::Missing) => found.wrong.push(format!(
                "{}: states are missing that runs here go back to; the next run learns anew",
                dir.join(run_id).display()
            )),
            Err(error) => found.wrong.push(format!("{error}; the next run learns anew")),
        }
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if named.contains(&name) {
            strangers_beside(&entry.path(), found);
            continue;
        }
        if !entry.path().join("forecast.bin").is_file() {
            continue;
        }
        let what = format!("{}: states that no run here goes back to", entry.path().display());
        if fix {
            crate::store::models::forget(dir, [&name])?;
            found.mended.push(format!("{what}, removed"));
        } else {
            found.wrong.push(what);
        }
    }
    Ok(())
}

/// Files beside the states that are none of ours.
fn strangers_beside(folder: &Path, found: &mut Examination) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name() != "forecast.bin" {
            found.wrong.push(format!(
                "{}: none of ours, nothing reads it; move it away",
                entry.path().display()
            ));
        }
    }
}
