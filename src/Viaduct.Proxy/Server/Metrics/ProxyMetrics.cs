using System.Text;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Server.Metrics;

/// <summary>The metrics of a proxy, under kube-proxy's names.</summary>
/// <param name="time">The clock.</param>
/// <param name="mode">The mode that serves when asked.</param>
/// <param name="withProcess">Whether the process is measured, too.</param>
internal sealed class ProxyMetrics(TimeProvider time, Func<ProxyMode> mode, bool withProcess = true)
{
    private static readonly double[] s_syncBounds = HistogramMetric.Exponential(0.001, 2, 15);

    private static readonly double[] s_programmingBounds =
    [
        .. HistogramMetric.Linear(0.25, 0.25, 2), .. HistogramMetric.Linear(1, 1, 59), .. HistogramMetric.Linear(60, 5, 12), .. HistogramMetric.Linear(120, 30, 7),
    ];

    private readonly HistogramMetric sync = new("kubeproxy_sync_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds", s_syncBounds, "ip_family");
    private readonly HistogramMetric fullSync = new("kubeproxy_sync_full_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds for full resyncs", s_syncBounds, "ip_family");
    private readonly HistogramMetric partialSync = new("kubeproxy_sync_partial_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds for partial resyncs", s_syncBounds, "ip_family");
    private readonly HistogramMetric programming = new("kubeproxy_network_programming_duration_seconds", "In Cluster Network Programming Latency in seconds", s_programmingBounds, "ip_family");
    private readonly NumberMetric lastSync = NumberMetric.Gauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", "The last time proxy rules were successfully synced", "ip_family");
    private readonly NumberMetric lastQueued = NumberMetric.Gauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "The last time a sync of proxy rules was queued", "ip_family");
    private readonly NumberMetric endpointsPending = NumberMetric.Gauge("kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Pending proxy rules Endpoint changes");
    private readonly NumberMetric endpointsTotal = NumberMetric.Counter("kubeproxy_sync_proxy_rules_endpoint_changes_total", "Cumulative proxy rules Endpoint changes");
    private readonly NumberMetric servicesPending = NumberMetric.Gauge("kubeproxy_sync_proxy_rules_service_changes_pending", "Pending proxy rules Service changes");
    private readonly NumberMetric servicesTotal = NumberMetric.Counter("kubeproxy_sync_proxy_rules_service_changes_total", "Cumulative proxy rules Service changes");
    private readonly NumberMetric noLocal = NumberMetric.Gauge("kubeproxy_sync_proxy_rules_no_local_endpoints_total", "Number of services with a Local traffic policy and no endpoints", "ip_family", "traffic_policy");
    private readonly NumberMetric nftablesFailures = NumberMetric.Counter("kubeproxy_sync_proxy_rules_nftables_sync_failures_total", "Cumulative proxy nftables sync failures", "ip_family");
    private readonly NumberMetric iptablesFailures = NumberMetric.Counter("kubeproxy_sync_proxy_rules_iptables_restore_failures_total", "Cumulative proxy iptables restore failures", "ip_family");
    private readonly NumberMetric failures = NumberMetric.Counter("viaduct_sync_failures_total", "States that could not be applied and were tried again", "ip_family", "mode");
    private readonly NumberMetric modes = NumberMetric.Gauge("viaduct_proxy_mode", "1 for the mode that serves", "mode");
    private readonly NumberMetric healthz = NumberMetric.Counter("kubeproxy_proxy_healthz_total", "Cumulative proxy healthz HTTP status", "code");
    private readonly NumberMetric livez = NumberMetric.Counter("kubeproxy_proxy_livez_total", "Cumulative proxy livez HTTP status", "code");
    private readonly NumberMetric quarantined = NumberMetric.Gauge("viaduct_quarantined_services", "Services of which something is not served: invalid as their objects are, in conflict with another, or refused by the kernel; all others are served", "ip_family", "reason");
    private readonly NumberMetric elements = NumberMetric.Counter("viaduct_elements_written_total", "Set and map elements added to or removed from the kernel", "ip_family");
    private readonly NumberMetric transactions = NumberMetric.Counter("viaduct_transactions_total", "Kernel transactions committed", "ip_family");
    private readonly NumberMetric ports = NumberMetric.Gauge("viaduct_service_ports", "Service ports that are served", "ip_family");
    private readonly FlowMetrics flows = new();
    private readonly ProcessMetrics? process = withProcess ? new(time) : null;
    private readonly DateTimeOffset started = time.GetUtcNow();
    private readonly ProxyState?[] states = new ProxyState?[2];

    public void Queued(IEnumerable<IPFamily> families, int services, int endpointSlices)
    {
        foreach (var family in families)
            lastQueued.Set(Now, family.ToString());
        servicesPending.Add(services);
        servicesTotal.Add(services);
        endpointsPending.Add(endpointSlices);
        endpointsTotal.Add(endpointSlices);
    }

    public void Applied(AppliedState applied)
    {
        var family = applied.Family.ToString();
        sync.Observe(applied.Duration.TotalSeconds, family);
        (applied.Report.IsFull ? fullSync : partialSync).Observe(applied.Duration.TotalSeconds, family);
        lastSync.Set(Now, family);
        elements.Add(applied.Report.Elements, family);
        transactions.Add(applied.Report.Transactions, family);
        ports.Set(applied.State.Ports.Count, family);
        quarantined.Set(applied.State.Problems.Invalid, family, "invalid");
        quarantined.Set(applied.State.Problems.Conflicting, family, "conflict");
        quarantined.Set(applied.Report.Refused.Select(p => p.Service).Distinct().Count(), family, "refused");
        flows.Serves(applied.Family);
        endpointsPending.Set(0);
        servicesPending.Set(0);
        var now = time.GetUtcNow();
        foreach (var trigger in applied.TriggerTimes.Where(t => t > started))
            programming.Observe(Math.Max(0, (now - trigger).TotalSeconds), family);
        Volatile.Write(ref states[applied.Family == IPFamily.IPv4 ? 0 : 1], applied.State);
    }

    public void Failed(IPFamily family)
    {
        failures.Add(1, family.ToString(), mode().Name());
        (mode().Name() switch
        {
            "nftables" => nftablesFailures,
            "iptables" => iptablesFailures,
            _ => null,
        })?.Add(1, family.ToString());
    }

    public void FlowsReconciled(IPFamily family, int ended, TimeSpan duration) => flows.Reconciled(family, ended, duration);

    public void HealthAnswered(bool live, int status) => (live ? livez : healthz).Add(1, status.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The page <c>/metrics</c>.</summary>
    public string Write()
    {
        foreach (var one in Enum.GetValues<ProxyMode>())
            modes.Set(one == mode() ? 1 : 0, one.Name());
        CountWithoutLocal(IPFamily.IPv4, states[0]);
        CountWithoutLocal(IPFamily.IPv6, states[1]);
        var text = new StringBuilder();
        foreach (var family in All.Concat(process?.Read() ?? []).OrderBy(f => f.Name, StringComparer.Ordinal))
            family.Write(text);
        return text.ToString();
    }

    private IEnumerable<MetricFamily> All =>
    [
        sync, fullSync, partialSync, programming, lastSync, lastQueued, endpointsPending, endpointsTotal, servicesPending, servicesTotal, noLocal,
        nftablesFailures, iptablesFailures, failures, modes, healthz, livez, quarantined, elements, transactions, ports, .. flows.All,
    ];

    private double Now => Math.Round(time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, 3);

    /// <summary>Counted when asked, because it looks at every Service.</summary>
    private void CountWithoutLocal(IPFamily family, ProxyState? state)
    {
        if (state is null)
            return;
        var empty = state.Ports.Values.Where(p => p.LocalEndpoints.IsEmpty && p.HasEndpointsAnywhere).ToList();
        noLocal.Set(empty.Count(p => p.InternalLocal), family.ToString(), "internal");
        noLocal.Set(empty.Count(p => p.ExternalLocal && p.IsExternal), family.ToString(), "external");
    }
}
