using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Health;
using Viaduct.Proxy.Server.Metrics;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy.Server;

/// <summary>Passes what the proxy does on to health, metrics and Events.</summary>
internal sealed class ProxyObserver(
    ProxyHealth health,
    ProxyMetrics metrics,
    ProxyEvents events,
    IReadOnlyDictionary<IPFamily, ServiceHealthServers> healthChecks,
    NodeCidrGuard guard) : IProxyObserver
{
    public void Queued(int services, int endpointSlices) => metrics.Queued(healthChecks.Keys, services, endpointSlices);

    public void Applied(AppliedState applied)
    {
        health.Applied(applied.Family);
        metrics.Applied(applied);
        healthChecks.GetValueOrDefault(applied.Family)?.Update(applied.State.HealthChecks);
    }

    public void Failed(IPFamily family, Exception exception) => metrics.Failed(family);

    public void FlowsReconciled(IPFamily family, int ended, TimeSpan duration) => metrics.FlowsReconciled(family, ended, duration);

    public void Problem(ServiceProblem problem) => events.Warn(problem.Service, "NotServed", problem.Message);

    public void NodeChanged(KubeNode? node)
    {
        health.NodeChanged(node);
        guard.NodeChanged(node);
    }
}
