//! From the command line to the command that it names. What a command has to say goes to stdout,
//! how it gets on to stderr.

use crate::cli::{
    Cli, Command, backtest, check, conventions, demo, doctor, explain, export, init, mcp, phases,
    prune, review, run, serve, simulate,
};
use crate::domain::error::{Error, Result};
use crate::domain::fault::guarded;

/// Does what the command line says and returns the exit code of the contract.
///
/// # Errors
/// Whatever stops the command; [`Error::exit_code`] is its exit code.
pub fn execute(cli: &Cli) -> Result<u8> {
    guarded(|| match &cli.command {
        Command::Demo(args) => demo::demo(args),
        Command::Init(args) => init::init(args),
        Command::Check(args) => check::check(args),
        Command::Run(options) => run::run(options),
        Command::Explain(args) => explain::explain(args),
        Command::Backtest(options) => backtest::backtest(options),
        Command::Simulate(args) => simulate::simulate(args),
        Command::Review(args) => review::review(args),
        Command::Export(args) => export::export(args),
        Command::Prune(args) => prune::prune(args),
        Command::Completions(args) => conventions::completions(args),
        Command::Man(args) => conventions::man(args),
        Command::Schema(args) => conventions::schema(args),
        Command::Serve(args) => serve::serve(args),
        Command::Mcp(args) => mcp::mcp(args),
        Command::Doctor(args) => doctor::doctor(args),
        Command::Observe(args) => phases::observe(args),
        Command::Merge(args) => phases::merge(args),
        Command::Plan(args) => phases::plan(args),
        Command::Finish(args) => phases::finish(args),
    })
    .unwrap_or_else(|fault| Err(Error::Internal(fault.to_string())))
}
