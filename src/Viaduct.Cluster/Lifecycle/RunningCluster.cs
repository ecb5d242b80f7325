using Microsoft.Win32.SafeHandles;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Supervision;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Lifecycle;

/// <summary>
/// A started cluster, seen from the process that started it. Until <see cref="Detach"/> is called the cluster lives only as
/// long as this object: the supervisor reads a pipe of ours, and its end (even by our sudden death) ends the cluster.
/// </summary>
public sealed class RunningCluster : IAsyncDisposable
{
    private readonly ClusterPaths paths;
    private readonly ChildProcess process;
    private readonly FileStream lifeline;
    private readonly StreamReader progress;

    internal RunningCluster(ClusterPaths paths, ChildProcess process, SafeFileHandle lifeline, SafeFileHandle progress)
    {
        this.paths = paths;
        this.process = process;
        this.lifeline = new FileStream(lifeline, FileAccess.Write, bufferSize: 0);
        this.progress = new StreamReader(new FileStream(progress, FileAccess.Read, bufferSize: 0));
    }

    /// <summary>Ends when the cluster does.</summary>
    public Task Ended => process.Exited;

    internal async Task WaitUntilReadyAsync(Action<string> step, CancellationToken cancellation)
    {
        while (await progress.ReadLineAsync(cancellation).AsTask().WaitAsync(cancellation) is { } text)
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

        throw new ClusterException($"The cluster did not start: {LastLogLine() ?? "its supervisor ended without a word"}");
    }

    /// <summary>Lets the cluster live on without us.</summary>
    public void Detach()
    {
        lifeline.Write("detach\n"u8);
        lifeline.Flush();
    }

    /// <summary>Ends the cluster, unless it was detached, and waits until it is gone.</summary>
    public async Task EndAsync()
    {
        await lifeline.DisposeAsync();
        try
        {
            await process.Exited.WaitAsync(TimeSpan.FromSeconds(15));
        }
        catch (TimeoutException)
        {
            process.Signal(Signals.Kill);
            await process.Exited;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        progress.Dispose();
        process.Dispose();
    }

    private string? LastLogLine()
    {
        var log = paths.Log("supervisor");
        return File.Exists(log) ? File.ReadLines(log).LastOrDefault(l => l.Length > 0) : null;
    }
}
