using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Viaduct.Cli.Commands;
using Viaduct.Cli.Commands.Benchmarks;
using Viaduct.Cli.Output;
using Viaduct.Lab.Experiments.UserAndKernel;
using Viaduct.Node.Containers;

// A container's process 1 must start fast and must not have its command's options parsed as ours.
if (args is ["container-init", ..])
    return ContainerInit.Run(args[1..]);
if (args is [LabProxy.Verb, ..])
    return LabProxy.Run(args[1..]);

StandardStreams.ReplaceClosed();
var root = new RootCommand("A Kubernetes network on this machine: real bridges, routes and Services in the kernel, and an API for kubectl.")
{
    UpCommand.Create(),
    DownCommand.Create(),
    StatusCommand.Create(),
    PlanCommand.Create(),
    CheckCommand.Create(),
    ServiceCommand.Create(),
    KubeconfigCommand.Create(),
    ExecCommand.Create(),
    ProxyModeCommand.Create(),
    ProxyCommand.Create(),
    RoutesCommand.Create(),
    BenchCommand.Create(),
    DrawCommand.Create(),
    LabCommand.Create(),
    CompletionCommand.Create(),
    HiddenCommands.Supervise(),
    HiddenCommands.ControlPlane(),
    HiddenCommands.Node(),
};

// The other two, /h and /?, are for Windows.
foreach (var help in root.Options.OfType<HelpOption>())
{
    help.Aliases.Remove("/h");
    help.Aliases.Remove("/?");
}

var parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction errors)
    return UsageErrors.Report(parsed, errors);
return StandardStreams.Answer(await parsed.InvokeAsync(new InvocationConfiguration
{
    // How long Ctrl-C waits for what is half-made to be removed. The cluster's own processes handle their signals themselves.
    ProcessTerminationTimeout = parsed.CommandResult.Command.Hidden ? null : TimeSpan.FromSeconds(30),
}));
