using Microsoft.Extensions.Logging;
using Viaduct.Cluster.Lifecycle;
using Viaduct.Cluster.Model;
using Viaduct.Cluster.Underlay;
using Viaduct.Linux;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Processes;
using Viaduct.Node.StandIns;

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
    private static readonly TimeSpan ControlPlanePatience = TimeSpan.FromSeconds(30);

    private readonly ILogger _log = loggers.CreateLogger<Supervisor>();

    /// <summary>Runs until <paramref name="stop"/>; then removes the cluster's files.</summary>
    /// <exception cref="ClusterException">The cluster runs already, or cannot start.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        using var held = LockFile.TryAcquire(paths.Lock)
            ?? throw new ClusterException($"Cluster \"{paths.Name}\" is already running; choose another --name, or end it with: viaduct down --name {paths.Name}");
        ChildReaper.Start();
        try
        {
            await RunClusterAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Log.Ending(_log, paths.Name, "it was told to end");
        }
        finally
        {
            Cleanup();
        }
    }

    private async Task RunClusterAsync(CancellationToken stop)
    {
        var spec = ClusterSpec.Load(paths.Spec);
        ClusterPreconditions.CheckKernel(spec);
        ClusterPreconditions.CheckProxyMode(spec);
        var plan = UnderlayPlan.From(spec);
        Step("Wiring the network");
        using var underlay = new UnderlayBuilder(paths).Build(plan);
        using var launcher = new Launcher(paths, executable, underlay);
        using var outside = StandInHost.Start(underlay[UnderlayNames.Outside], UnderlayNames.Outside, plan.Outside.Addresses, paths.Log(UnderlayNames.Outside));
        var controlPlane = new SupervisedProcess(UnderlayNames.ControlPlane, launcher.StartControlPlane, _log);
        var nodes = plan.Nodes.Select(node => new SupervisedProcess(node.Name, () => launcher.StartNode(node), _log)).ToArray();
        await using var server = await SupervisorServer.StartAsync(paths, [controlPlane, .. nodes], underlay, loggers);

        Step("Starting the control plane");
        var running = new List<Task> { controlPlane.RunAsync(stop) };
        await WaitForControlPlaneAsync(launcher, stop);
        Step(nodes.Length == 1 ? "Starting 1 node" : $"Starting {nodes.Length} nodes");
        running.AddRange(nodes.Select(node => node.RunAsync(stop)));
        progress(new ProgressLine(ProgressKind.Ready, ""));
        await Task.WhenAny(running).Unwrap();
    }

    private async Task WaitForControlPlaneAsync(Launcher launcher, CancellationToken stop)
    {
        try
        {
            await launcher.ControlPlaneReady.WaitAsync(ControlPlanePatience, stop);
        }
        catch (TimeoutException e)
        {
            throw new ClusterException($"The control plane did not start within {ControlPlanePatience.TotalSeconds} s: {LogFile.LastLine(paths.Log(UnderlayNames.ControlPlane)) ?? "it logged nothing"}", e);
        }
    }

    private void Step(string text) => progress(new ProgressLine(ProgressKind.Step, text));

    private void Cleanup()
    {
        try
        {
            foreach (var file in Directory.Exists(paths.NamespaceDirectory) ? Directory.GetFiles(paths.NamespaceDirectory) : [])
                NetNamespace.Unbind(file);
            paths.Remove();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            // `viaduct down` removes what is left; this process cannot do more.
            Log.Failed(_log, paths.Name, e);
        }
    }
}
