using System.Text;
using Viaduct.Linux.Processes;

namespace Viaduct.Node.Containers;

/// <summary>Starts commands beside containers.</summary>
internal sealed class ExecRunner(NodeOptions options) : IExecRunner
{
    private const int MaxOutput = 10 * 1024;

    /// <summary>Starts a command with pipes; throws <see cref="ContainerStartException"/> when this machine has no such program.</summary>
    public ExecProcess Start(ExecTarget target, string hostname, IReadOnlyList<string> command, bool withInput)
    {
        var path = target.Environment.GetValueOrDefault("PATH", ContainerEnvironment.DefaultPath);
        var program = Executables.Find(command[0], path, target.WorkingDirectory)
            ?? throw new ContainerStartException("StartError", $"exec: \"{command[0]}\": executable file not found on this machine: containers run on its file system, images are not unpacked");
        var streams = new ChildStreams(withInput: true);
        try
        {
            var process = ChildProcess.Start(Spec(target, hostname, [program, .. command.Skip(1)], streams, withInput));
            streams.CloseChildSide();
            return new ExecProcess(process, streams);
        }
        catch (Linux.LinuxException e)
        {
            streams.Dispose();
            throw new ContainerStartException("StartError", e.Message, e);
        }
    }

    public async Task<(int Code, string Output)> RunAsync(ExecTarget target, IReadOnlyList<string> command, CancellationToken cancellation)
    {
        using var process = Start(target, target.Environment.GetValueOrDefault("HOSTNAME", "container"), command, withInput: false);
        var output = ReadAsync(process.Streams.Output, cancellation);
        var error = ReadAsync(process.Streams.Error, cancellation);
        var status = await process.Child.Exited.WaitAsync(cancellation);
        return (status.ShellCode, await output + await error);
    }

    /// <summary>
    /// Beside a process the command joins its namespaces, and ends with them. Beside a stand-in it gets a container-init of its own;
    /// without input its standard input is the lifeline.
    /// </summary>
    private ProcessSpec Spec(ExecTarget target, string hostname, IReadOnlyList<string> command, ChildStreams streams, bool withInput) => target.ProcessId is not { } id
        ? ProcessContainer.InitSpec(options, target, hostname, command, streams, hasLifeline: !withInput)
        : new ProcessSpec
        {
            Path = command[0],
            Arguments = [.. command.Skip(1)],
            Environment = target.Environment,
            WorkingDirectory = target.WorkingDirectory,
            JoinProcess = id,
            StandardInput = withInput ? streams.ChildInput : null,
            StandardOutput = streams.ChildOutput,
            StandardError = streams.ChildError,
        };

    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var buffer = new byte[MaxOutput];
        var length = 0;
        int read;
        // What is beyond the limit is read, too, or the command would wait for a full pipe.
        while ((read = await stream.ReadAsync(buffer.AsMemory(length < MaxOutput ? length : 0), cancellation)) > 0)
            length = Math.Min(length + read, MaxOutput);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}

/// <summary>A running command; disposing kills it.</summary>
internal sealed class ExecProcess(ChildProcess child, ChildStreams streams) : IDisposable
{
    public ChildProcess Child => child;

    public ChildStreams Streams => streams;

    public void Dispose()
    {
        child.Signal(Signals.Kill);
        child.Dispose();
        streams.Dispose();
    }
}
