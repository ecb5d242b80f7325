using Microsoft.Win32.SafeHandles;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Supervision;

/// <summary>Starts the processes of a cluster, each in the namespaces where it belongs, its log in a file.</summary>
public sealed class Launcher(ClusterPaths paths, string executable, UnderlayNetwork underlay) : IDisposable
{
    /// <summary>The line that the control plane prints once it serves.</summary>
    public const string ReadyLine = "ready";

    private readonly CancellationTokenSource _disposed = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the control plane serves for the first time.</summary>
    public Task ControlPlaneReady => _ready.Task;

    /// <summary>Starts the control plane in our own (the host's) network namespace: kubectl reaches it on loopback.</summary>
    public ChildProcess StartControlPlane()
    {
        var (read, write) = Pipe.Create();
        using (write)
        {
            var process = Start(UnderlayNames.ControlPlane, ["control-plane", paths.RunDirectory, paths.StateDirectory], spec => spec with { StandardOutput = write });
            _ = WaitForReadyAsync(read);
            return process;
        }
    }

    /// <summary>
    /// Starts a node inside its network namespace, as process 1 of a pid namespace of its own: when the node dies, its containers do.
    /// </summary>
    public ChildProcess StartNode(HostPlan node) =>
        Start(node.Name, ["node", paths.RunDirectory, paths.StateDirectory, node.Name], spec => spec with
        {
            NetNamespace = underlay[node.Name],
            NewPidNamespace = true,
        });

    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
    }

    private ChildProcess Start(string name, string[] arguments, Func<ProcessSpec, ProcessSpec> adapt)
    {
        using var log = File.OpenHandle(paths.Log(name), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        return ChildProcess.Start(adapt(new ProcessSpec
        {
            Path = executable,
            Arguments = arguments,
            StandardOutput = log,
            StandardError = log,
        }));
    }

    private async Task WaitForReadyAsync(SafeFileHandle pipe)
    {
        using var reader = new StreamReader(new FileStream(pipe, FileAccess.Read));
        while (await reader.ReadLineAsync(_disposed.Token) is { } line)
        {
            if (line == ReadyLine)
                _ready.TrySetResult();
        }
    }
}
