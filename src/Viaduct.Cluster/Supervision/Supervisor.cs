using Microsoft.Extensions.Logging;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Supervision;

/// <summary>
/// Process 1 of a cluster: builds the underlay, starts the control plane and the nodes and keeps them running.
/// When it ends, the kernel ends every other process of its pid namespace, and with them all the namespaces.
/// </summary>
/// <param name="paths">Where the cluster's files are.</param>
/// <param name="executable">Path of the viaduct program, started again for each process of the cluster.</param>
/// <param name="progress">Told each step, for the person who waits.</param>
/// <param name="loggers">Where the supervisor logs.</param>
public sealed class Supervisor(ClusterPaths paths, string executable, Action<ProgressLine> progress, ILoggerFactory loggers)
{
    private readonly ILogger _log = loggers.CreateLogger<Supervisor>();

    /// <summary>Runs until <paramref name="stop"/>; then removes the cluster's files.</summary>
    /// <exception cref="ClusterException">The cluster runs already, or cannot start.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var held = LockFile.TryAcquire(paths.Lock)
            ?? throw new ClusterException($"Cluster \"{paths.Name}\" is already running; choose another --name, or end it with: viaduct down --name {paths.Name}");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await RunClusterAsync(ending);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            Log.Ending(_log, paths.Name, "it was told to end");
        }
        finally
        {
            Cleanup();
        }
    }

    private async Task RunClusterAsync(CancellationTokenSource ending)
    {
        var spec = ClusterSpec.Load(paths.Spec);
        var plan = UnderlayPlan.From(spec);
        progress(new ProgressLine(ProgressKind.Step, "Wiring the network"));
        using var underlay = new UnderlayBuilder(paths).Build(plan);
        using var launcher = new Launcher(paths, executable, underlay);

        progress(new ProgressLine(ProgressKind.Step, "Starting the control plane"));
        var processes = new List<SupervisedProcess>();
        var running = new List<Task>();
        void Keep(string name, Func<ChildProcess> start)
        {
            var process = new SupervisedProcess(name, start, _log);
            processes.Add(process);
            running.Add(process.RunAsync(ending.Token));
        }

        await using var server = await SupervisorServer.StartAsync(paths, processes, _ => { }, loggers);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Keep(UnderlayNames.ControlPlane, () => launcher.StartControlPlane(ready));
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30), ending.Token);

        progress(new ProgressLine(ProgressKind.Step, $"Starting {plan.Nodes.Count} nodes"));
        foreach (var node in plan.Nodes)
            Keep(node.Name, () => launcher.StartNode(node));
        progress(new ProgressLine(ProgressKind.Ready, ""));
        await Task.WhenAny(running).Unwrap();
    }

    private void Cleanup()
    {
        try
        {
            foreach (var file in Directory.Exists(paths.NamespaceDirectory) ? Directory.GetFiles(paths.NamespaceDirectory) : [])
                Linux.Namespaces.NetNamespace.Unbind(file);
            paths.Remove();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Linux.LinuxException)
        {
            // `viaduct down` removes what is left; this process cannot do more.
            Log.Failed(_log, paths.Name, e);
        }
    }
}
