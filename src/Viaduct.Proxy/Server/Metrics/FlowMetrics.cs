using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Server.Metrics;

/// <summary>What is tidied up beside the rules.</summary>
internal sealed class FlowMetrics
{
    private readonly HistogramMetric duration = new(
        "kubeproxy_conntrack_reconciler_sync_duration_seconds", "ReconcileConntrackFlowsLatency latency in seconds", HistogramMetric.Exponential(0.001, 2, 15), "ip_family");

    private readonly NumberMetric deleted = NumberMetric.Counter(
        "kubeproxy_conntrack_reconciler_deleted_entries_total", "Cumulative conntrack flows deleted by conntrack reconciler", "ip_family");

    // kube-proxy removes old chains in a second transaction, which may fail. Here they go with the change itself, so this stays 0.
    private readonly NumberMetric cleanupFailures = NumberMetric.Counter(
        "kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total", "Cumulative proxy nftables cleanup failures", "ip_family");

    public IEnumerable<MetricFamily> All => [duration, deleted, cleanupFailures];

    public void Serves(IPFamily family) => cleanupFailures.Add(0, family.ToString());

    public void Reconciled(IPFamily family, int ended, TimeSpan took)
    {
        duration.Observe(took.TotalSeconds, family.ToString());
        deleted.Add(ended, family.ToString());
    }
}
