using Microsoft.Extensions.Logging;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Netlink;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Network;

/// <summary>
/// Keeps the routes of one network namespace as the Nodes ask for: on a node, and on the router of the VPC, each with its own view of
/// what is desired (<see cref="PodRouteSet"/>).
/// </summary>
public sealed class PodRouteReconciler(NodeWatch nodes, PodRoutes routes, Func<IReadOnlyCollection<KubeNode>, IReadOnlyCollection<PodRoute>> desired, ILogger log)
{
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));

    public async Task RunAsync(CancellationToken cancellation)
    {
        await nodes.Synced.WaitAsync(cancellation);
        while (true)
        {
            var changed = nodes.Changed;
            if (Apply())
                await changed.WaitAsync(cancellation);
            else
                await Task.Delay(_backoff.Next(), cancellation);
        }
    }

    private bool Apply()
    {
        try
        {
            var plan = routes.Apply(desired(nodes.Nodes));
            if (!plan.IsEmpty)
                Log.RoutesChanged(log, plan.Replace.Count, plan.Delete.Count);
            _backoff.Reset();
            return true;
        }
        catch (NetlinkException e)
        {
            Log.RoutesFailed(log, e);
            return false;
        }
    }
}
