using Viaduct.Linux;
using Viaduct.Linux.Processes;
using Viaduct.Node.Logs;

namespace Viaduct.Node.Containers;

/// <summary>A container with a command: <c>container-init</c> and the command below it, in the pod's network and in pid, mount and uts namespaces of its own.</summary>
internal sealed class ProcessContainer : IRunningContainer
{
    private readonly ChildProcess _init;
    private readonly ChildStreams _streams;
    private readonly ITimer _kill;

    private ProcessContainer(ChildProcess init, ChildStreams streams, ContainerLog log, ExecTarget target)
    {
        _init = init;
        _streams = streams;
        ExecTarget = target;
        _kill = TimeProvider.System.CreateTimer(_ => _init.Signal(Signals.Kill), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Exited = FinishAsync(CopyAsync(streams.Output, "stdout", log), CopyAsync(streams.Error, "stderr", log));
    }

    public Task<ContainerExit> Exited { get; }

    public ExecTarget ExecTarget { get; }

    /// <summary>Starts the command; throws <see cref="ContainerStartException"/> when this machine has no such program.</summary>
    public static ProcessContainer Start(NodeOptions options, ContainerStart start, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
    {
        var directory = ContainerCommand.WorkingDirectory(start.Container);
        if (!Directory.Exists(directory))
            throw new ContainerStartException("StartError", $"workingDir {directory} does not exist on this machine: containers run on its file system, images are not unpacked");
        var program = Executables.Find(command[0], environment.GetValueOrDefault("PATH", ContainerEnvironment.DefaultPath), directory)
            ?? throw new ContainerStartException("StartError", $"exec: \"{command[0]}\": executable file not found on this machine: containers run on its file system, images are not unpacked");
        var streams = new ChildStreams(withInput: true);
        try
        {
            var target = new ExecTarget(null, start.Namespace, environment, directory);
            var hostname = PodHostname.Of(start.Pod, options.NodeName);
            var init = ChildProcess.Start(InitSpec(options, target, hostname, [program, .. command.Skip(1)], streams, hasLifeline: true));
            streams.CloseChildSide();
            return new ProcessContainer(init, streams, start.Log, target with { ProcessId = init.Id });
        }
        catch (LinuxException e)
        {
            streams.Dispose();
            throw new ContainerStartException("StartError", e.Message, e);
        }
    }

    /// <summary>How <c>container-init</c> is started: for a container, and for an exec beside a stand-in.</summary>
    public static ProcessSpec InitSpec(
        NodeOptions options, ExecTarget target, string hostname, IReadOnlyList<string> command, ChildStreams streams, bool hasLifeline)
    {
        var init = new ContainerInitOptions { Hostname = hostname, WorkingDirectory = target.WorkingDirectory, HasLifeline = hasLifeline, Command = command };
        return new ProcessSpec
        {
            Path = options.SelfCommand[0],
            Arguments = [.. options.SelfCommand.Skip(1), .. init.ToArguments()],
            Environment = target.Environment,
            NetNamespace = target.Namespace,
            NewPidNamespace = true,
            NewMountNamespace = true,
            NewUtsNamespace = true,
            StandardInput = streams.ChildInput,
            StandardOutput = streams.ChildOutput,
            StandardError = streams.ChildError,
        };
    }

    public void Stop(TimeSpan grace)
    {
        if (grace > TimeSpan.Zero)
            _init.Signal(Signals.Terminate);
        _kill.Change(grace, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _init.Signal(Signals.Kill);
        _kill.Dispose();
        _init.Dispose();
    }

    private async Task<ContainerExit> FinishAsync(Task output, Task error)
    {
        var status = await _init.Exited;
        // The namespace is gone, so nobody writes any more and both pipes end.
        await Task.WhenAll(output, error);
        _streams.Dispose();
        return ContainerExit.Of(status.ShellCode);
    }

    private static async Task CopyAsync(Stream from, string name, ContainerLog log)
    {
        var lines = new LineSplitter((text, isPartial) => log.Write(name, text, isPartial));
        var buffer = new byte[8192];
        int read;
        while ((read = await from.ReadAsync(buffer)) > 0)
            lines.Append(buffer.AsSpan(0, read));
        lines.Complete();
    }
}
