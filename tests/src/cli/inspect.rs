//! `rollcall-host inspect`: what a plugin says of itself.

use anyhow::Result;
use clap::Args;
use rollcall_host::{Launcher, Plan, record::Port};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Options {
    /// A .clap file or a .vst3 bundle.
    plugin: PathBuf,
    /// Which plugin of the file, by id or name.
    #[arg(long)]
    id: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<bool> {
    let mut plan = Plan::new(&options.plugin);
    plan.id.clone_from(&options.id);
    let ran = Launcher::current()?.run(&plan)?;
    if let Some(why) = ran.failure() {
        eprintln!("{}: {why}\n{}", options.plugin.display(), ran.output);
        return Ok(false);
    }
    let plugin = &ran.record.plugin;
    if options.json {
        println!("{}", serde_json::to_string_pretty(plugin)?);
        return Ok(true);
    }
    println!("{} {} by {} ({}, {})", plugin.name, plugin.version, plugin.vendor, plugin.format, plugin.id);
    println!(
        "opened in {:.1} ms, made in {:.1} ms",
        ran.record.open_s * 1e3,
        ran.record.make_s.first().unwrap_or(&0.0) * 1e3
    );
    println!("features: {}", plugin.features.join(", "));
    println!("extensions: {}", plugin.extensions.join(", "));
    if plugin.in_file.len() > 1 {
        println!("plugins in the file:");
        plugin.in_file.iter().for_each(|(id, name)| println!("  {name} ({id})"));
    }
    println!("inputs: {}", ports(&plugin.inputs));
    println!("outputs: {}", ports(&plugin.outputs));
    println!("event ports: {} in, {} out", plugin.event_inputs, plugin.event_outputs);
    plugin.layouts.iter().for_each(|layout| println!("layout: {layout}"));
    println!("parameters:");
    for param in &plugin.params {
        let flags = [
            (param.automatable, "automatable"),
            (param.read_only, "read-only"),
            (param.hidden, "hidden"),
            (param.bypass, "bypass"),
        ];
        let flags: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        println!(
            "  {:>10}  {:24} {:>16}  {:.4}  {}",
            param.id,
            param.name,
            param.text,
            param.value,
            flags.join(", ")
        );
    }
    Ok(true)
}

fn ports(ports: &[Port]) -> String {
    let list: Vec<String> = ports
        .iter()
        .map(|port| format!("{} ({}{})", port.name, port.channels, if port.main { ", main" } else { "" }))
        .collect();
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}
