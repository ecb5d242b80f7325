using System.Collections.Immutable;
using System.Text;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Metrics;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Proxy.Server;

public class ProxyMetricsTests
{
    private readonly ManualTime time = new();

    [Fact]
    public void A_histogram_counts_below_its_bounds()
    {
        var histogram = new HistogramMetric("h_seconds", "Help.", [0.5, 1], "family");
        foreach (var value in (double[])[0.25, 0.5, 0.75, 2])
            histogram.Observe(value, "IPv4");
        Assert.Equal(
            """
            # HELP h_seconds Help.
            # TYPE h_seconds histogram
            h_seconds_bucket{family="IPv4",le="0.5"} 2
            h_seconds_bucket{family="IPv4",le="1"} 3
            h_seconds_bucket{family="IPv4",le="+Inf"} 4
            h_seconds_sum{family="IPv4"} 3.5
            h_seconds_count{family="IPv4"} 4

            """,
            Text(histogram));
    }

    [Fact]
    public void Label_values_are_escaped()
    {
        var counter = NumberMetric.Counter("c_total", "Help.", "a", "b");
        counter.Add(1.5, "x\"y", "back\\slash\nline");
        Assert.EndsWith("c_total{a=\"x\\\"y\",b=\"back\\\\slash\\nline\"} 1.5\n", Text(counter), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_after_one_change_reads_so()
    {
        var metrics = new ProxyMetrics(time, () => ProxyMode.Nftables, withProcess: false);
        time.Advance(TimeSpan.FromSeconds(10));
        metrics.Queued([IPFamily.IPv4], services: 1, endpointSlices: 2);
        time.Advance(TimeSpan.FromSeconds(1));
        metrics.Applied(new AppliedState(
            IPFamily.IPv4, ProxyState.Empty, new ProxyChange([]), new ProxyReport(5, 1) { IsFull = true }, TimeSpan.FromMilliseconds(3),
            [time.GetUtcNow() - TimeSpan.FromSeconds(2), time.GetUtcNow() - TimeSpan.FromHours(1)]));
        metrics.Queued([IPFamily.IPv4], services: 0, endpointSlices: 1);
        metrics.Failed(IPFamily.IPv4);
        metrics.HealthAnswered(live: true, 200);
        metrics.FlowsReconciled(IPFamily.IPv4, ended: 3, TimeSpan.FromMilliseconds(2));
        var lines = metrics.Write().Split('\n').Where(l => !l.StartsWith('#') && !l.Contains("_bucket", StringComparison.Ordinal) && l.Length > 0);
        Assert.Equal(
            [
                "kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family=\"IPv4\"} 3",
                "kubeproxy_conntrack_reconciler_sync_duration_seconds_sum{ip_family=\"IPv4\"} 0.002",
                "kubeproxy_conntrack_reconciler_sync_duration_seconds_count{ip_family=\"IPv4\"} 1",
                "kubeproxy_network_programming_duration_seconds_sum{ip_family=\"IPv4\"} 2",
                "kubeproxy_network_programming_duration_seconds_count{ip_family=\"IPv4\"} 1",
                "kubeproxy_proxy_livez_total{code=\"200\"} 1",
                "kubeproxy_sync_full_proxy_rules_duration_seconds_sum{ip_family=\"IPv4\"} 0.003",
                "kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"} 1",
                "kubeproxy_sync_proxy_rules_duration_seconds_sum{ip_family=\"IPv4\"} 0.003",
                "kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"} 1",
                "kubeproxy_sync_proxy_rules_endpoint_changes_pending 1",
                "kubeproxy_sync_proxy_rules_endpoint_changes_total 3",
                "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family=\"IPv4\"} 1767225611",
                "kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv4\"} 1767225611",
                "kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total{ip_family=\"IPv4\"} 0",
                "kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family=\"IPv4\"} 1",
                "kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=\"IPv4\",traffic_policy=\"external\"} 0",
                "kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=\"IPv4\",traffic_policy=\"internal\"} 0",
                "kubeproxy_sync_proxy_rules_service_changes_pending 0",
                "kubeproxy_sync_proxy_rules_service_changes_total 1",
                "viaduct_elements_written_total{ip_family=\"IPv4\"} 5",
                "viaduct_proxy_mode{mode=\"iptables\"} 0",
                "viaduct_proxy_mode{mode=\"ipvs\"} 0",
                "viaduct_proxy_mode{mode=\"nftables\"} 1",
                "viaduct_proxy_mode{mode=\"userspace\"} 0",
                "viaduct_quarantined_services{ip_family=\"IPv4\",reason=\"conflict\"} 0",
                "viaduct_quarantined_services{ip_family=\"IPv4\",reason=\"invalid\"} 0",
                "viaduct_quarantined_services{ip_family=\"IPv4\",reason=\"refused\"} 0",
                "viaduct_service_ports{ip_family=\"IPv4\"} 0",
                "viaduct_sync_failures_total{ip_family=\"IPv4\",mode=\"nftables\"} 1",
                "viaduct_transactions_total{ip_family=\"IPv4\"} 1",
            ],
            lines);
    }

    [Fact]
    public void Services_without_local_endpoints_are_counted_when_asked()
    {
        var metrics = new ProxyMetrics(time, () => ProxyMode.Nftables, withProcess: false);
        var port = new ServicePortState
        {
            Name = new ServicePortName("shop", "web", ""), ClusterIP = default, Protocol = TransportProtocol.Tcp, Port = 80,
            NodePort = 30080, ExternalLocal = true, HasEndpointsAnywhere = true,
        };
        var state = ProxyState.Empty with { Ports = ImmutableDictionary<ServicePortName, ServicePortState>.Empty.Add(port.Name, port) };
        metrics.Applied(new AppliedState(IPFamily.IPv6, state, new ProxyChange([]), new ProxyReport(0, 0), TimeSpan.Zero, []));
        Assert.Contains("{ip_family=\"IPv6\",traffic_policy=\"external\"} 1\n", metrics.Write(), StringComparison.Ordinal);
        Assert.Contains("{ip_family=\"IPv6\",traffic_policy=\"internal\"} 0\n", metrics.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void Services_that_are_not_served_are_counted_by_the_reason()
    {
        var metrics = new ProxyMetrics(time, () => ProxyMode.Nftables, withProcess: false);
        var refused = new ServiceProblem(new ServiceName("shop", "web"), "The kernel refused it.");
        var state = ProxyState.Empty with { Problems = new ProblemCounts(Invalid: 2, Conflicting: 3) };
        metrics.Applied(new AppliedState(IPFamily.IPv4, state, new ProxyChange([]), new ProxyReport(0, 0) { Refused = [refused, refused with { Message = "Another port." }] }, TimeSpan.Zero, []));
        foreach (var (reason, count) in ((string, int)[])[("invalid", 2), ("conflict", 3), ("refused", 1)])
            Assert.Contains($"viaduct_quarantined_services{{ip_family=\"IPv4\",reason=\"{reason}\"}} {count}\n", metrics.Write(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_process_is_measured()
    {
        var page = new ProxyMetrics(TimeProvider.System, () => ProxyMode.Nftables).Write();
        foreach (var name in (string[])["process_cpu_seconds_total", "process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds"])
            Assert.Matches($"(?m)^{name} [1-9.0]", page);
    }

    private static string Text(MetricFamily family)
    {
        var text = new StringBuilder();
        family.Write(text);
        return text.ToString();
    }
}
