using System.CommandLine;
using Viaduct.Cli.Commands;
using Viaduct.Node.Containers;

// A container's process 1 must start fast and must not have its command's options parsed as ours.
if (args is ["container-init", ..])
    return ContainerInit.Run(args[1..]);

return await new RootCommand("A Kubernetes network on this machine: real bridges, routes and Services in the kernel, and an API for kubectl.")
{
    UpCommand.Create(),
    DownCommand.Create(),
    StatusCommand.Create(),
    CheckCommand.Create(),
    KubeconfigCommand.Create(),
    ExecCommand.Create(),
    CompletionCommand.Create(),
    HiddenCommands.Supervise(),
    HiddenCommands.ControlPlane(),
    HiddenCommands.Node(),
}.Parse(args).InvokeAsync();
