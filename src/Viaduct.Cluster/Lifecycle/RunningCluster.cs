using Microsoft.Win32.SafeHandles;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Supervision;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>
/// A started cluster, seen from the _process that started it. Until <see cref="Detach"/> is called the cluster lives only as
/// long as this object: the supervisor reads a pipe of ours, and its end (even by our sudden death) ends the cluster.
/// </summary>
public sealed class RunningCluster : IAsyncDisposable
{
    private readonly ClusterPaths _paths;
    private readonly ChildProcess _process;
    private readonly FileStream _lifeline;
    private readonly StreamReader _progress;
    private bool _detached;

    internal RunningCluster(ClusterPaths paths, ChildProcess process, SafeFileHandle lifeline, SafeFileHandle progress)
    {
        _paths = paths;
        _process = process;
        _lifeline = new FileStream(lifeline, FileAccess.Write, bufferSize: 0);
        _progress = new StreamReader(new FileStream(progress, FileAccess.Read, bufferSize: 0));
    }

    /// <summary>Ends when the cluster does.</summary>
    public Task Ended => _process.Exited;

    internal async Task WaitUntilReadyAsync(Action<string> step, CancellationToken cancellation)
    {
        while (await _progress.ReadLineAsync(cancellation).AsTask().WaitAsync(cancellation) is { } text)
        {
            var line = ProgressLine.Parse(text);
            switch (line.Kind)
            {
                case ProgressKind.Ready:
                    return;
                case ProgressKind.Error:
                    throw new ClusterException(line.Text);
                default:
                    step(line.Text);
                    break;
            }
        }

        throw new ClusterException($"The cluster did not start: {LogFile.LastLine(_paths.Log("supervisor")) ?? "its supervisor ended without a word"}");
    }

    /// <summary>Lets the cluster live on without us.</summary>
    public void Detach()
    {
        _lifeline.Write("detach\n"u8);
        _detached = true;
    }

    /// <summary>Ends the cluster, unless it was detached, and waits until it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lifeline.DisposeAsync();
        if (!_detached)
            await WaitForEndAsync();
        _progress.Dispose();
        _process.Dispose();
    }

    private async Task WaitForEndAsync()
    {
        try
        {
            await _process.Exited.WaitAsync(TimeSpan.FromSeconds(15));
        }
        catch (TimeoutException)
        {
            _process.Signal(Signals.Kill);
            await _process.Exited;
        }
    }
}
