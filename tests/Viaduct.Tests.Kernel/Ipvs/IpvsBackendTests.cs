using System.Net.Sockets;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Ipvs;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Kernel.Proxy;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Ipvs;

/// <summary>What ipvs mode leaves in the kernel, as ipvsadm(8), ipset(8) and packets see it.</summary>
public sealed partial class IpvsBackendTests : IDisposable
{
    private const int LongPort = 9090;
    private static readonly string[] s_services = ["-t 10.96.0.10:80", "-t 198.51.100.7:80", "-t 198.51.100.8:80", "-t 203.0.113.1:30080"];
    private readonly CaseNetwork network = new(IPFamily.IPv4);
    private readonly CaseLab lab;

    public IpvsBackendTests()
    {
        NeedsIpvs.OrSkip();
        lab = new CaseLab(network, new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.FirstAddress), ProxyMode.Ipvs);
    }

    public void Dispose() => lab?.Dispose();

    [Fact]
    public void Ipvsadm_shows_a_virtual_service_for_every_address_and_one_by_mark_for_clients_from_elsewhere()
    {
        Apply(State(Web(CaseEndpoints.Both) with { ExternalLocal = true, LocalEndpoints = [.. network.Endpoints(CaseEndpoints.Local)] }));
        Assert.Equal(
            [
                "-A -f 131158 -s rr", "-A -f 196694 -s rr", "-A -f 65622 -s rr",
                .. s_services.Select(s => $"-A {s} -s rr"),
                .. new[] { 131158, 196694, 65622 }.Select(mark => $"-a -f {mark} -r 172.20.0.3:8080 -m -w 1"),
                .. s_services.SelectMany(s => new[] { $"-a {s} -r 172.20.0.3:8080 -m -w 1", $"-a {s} -r 172.20.1.3:8080 -m -w 1" }),
            ],
            Saved());
        Assert.Equal("10.96.0.10 198.51.100.7 198.51.100.8", string.Join(' ', DeviceAddresses()));
        Assert.Equal(["add VIADUCT-CLUSTER-IP 10.96.0.10,tcp:80"], Entries("VIADUCT-CLUSTER-IP"));
        Assert.Equal(["add VIADUCT-LOOP-BACK 172.20.0.3,tcp:8080,172.20.0.3"], Entries("VIADUCT-LOOP-BACK"));
        Assert.Equal(3, Entries("VIADUCT-EXTERNAL-LOCAL").Count(e => e.Contains("skbmark", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_restart_writes_nothing_and_no_connection_fails()
    {
        var state = State(Web(CaseEndpoints.Both) with { ExternalLocal = true, LocalEndpoints = [.. network.Endpoints(CaseEndpoints.Local)], AffinitySeconds = 10800 });
        Apply(state);
        var before = Saved();
        using var stop = new CancellationTokenSource();
        var asking = Task.Run(() =>
        {
            for (var answers = 0; ; answers++)
            {
                if (stop.IsCancellationRequested)
                    return answers;
                lab[CaseClient.Outside].AskTcp(network.ClusterIP, CaseNetwork.Port);
            }
        });
        for (var i = 0; i < 3; i++)
        {
            lab.Backend.Dispose();
            lab.NewBackend();
            var report = Apply(state);
            Assert.Equal((0, 0, true), (report.Elements, report.Transactions, report.IsFull));
        }

        await stop.CancelAsync();
        Assert.True(await asking > 0);
        Assert.Equal(before, Saved());
    }

    [Fact]
    public void A_restart_repairs_what_others_changed_and_leaves_alone_what_is_theirs()
    {
        var state = State(Web(CaseEndpoints.Both));
        Apply(state);
        var (before, entries) = (Saved(), Entries("VIADUCT-EXTERNAL-IP"));
        foreach (var command in new[]
        {
            "ipvsadm -D -t 198.51.100.7:80", "ipvsadm -e -t 10.96.0.10:80 -r 172.20.0.3:8080 -m -w 0", "ipvsadm -d -t 10.96.0.10:80 -r 172.20.1.3:8080",
            "ipvsadm -a -t 10.96.0.10:80 -r 172.20.9.9:8080 -m -w 1", "ipvsadm -E -t 198.51.100.8:80 -s wlc -p 5", "ip address del 198.51.100.7/32 dev kube-ipvs0",
            "ip address add 10.96.7.7/32 dev kube-ipvs0", "ipvsadm -A -t 10.96.7.7:80 -s rr", "ipset flush VIADUCT-EXTERNAL-IP", "ipset add VIADUCT-DROP 10.96.0.10,tcp:80",
            "ipvsadm -A -t 192.0.2.1:80 -s lc",
        })
            Run(command);
        lab.NewBackend();
        Assert.InRange(Apply(state).Elements, 1, 20);
        Eventually(() => Assert.Equal([.. before.Append("-A -t 192.0.2.1:80 -s lc").Order(StringComparer.Ordinal)], Saved()));
        Assert.Equal(entries, Entries("VIADUCT-EXTERNAL-IP"));
        Assert.Empty(Entries("VIADUCT-DROP"));
        Assert.Equal("10.96.0.10 198.51.100.7 198.51.100.8", string.Join(' ', DeviceAddresses()));
        Assert.Equal(CaseResult.Both, lab.Try(ServiceCases.All.First(c => c is { Client: CaseClient.Outside, Target: CaseTarget.ExternalIP, Result: CaseResult.Both })).Result);
    }

    [Fact]
    public async Task The_inspection_finds_what_was_written_equal_and_tells_what_somebody_changed()
    {
        var port = Web(CaseEndpoints.Both) with { AffinitySeconds = 60, ExternalLocal = true, LocalEndpoints = [.. network.Endpoints(CaseEndpoints.Local)] };
        var state = State(port);
        Apply(state);
        lab[CaseClient.Outside].AskTcp(network.ClusterIP, CaseNetwork.Port);

        var items = await InspectAsync(state, port);
        Assert.All(items, i => Assert.True(i.IsEqual, $"{i}"));
        Assert.Contains(items, i => i is { What: "virtual service 10.96.0.10:80/tcp", Kernel: "rr, affinity of 60 s" });
        Assert.Equal(1, items.Where(i => i.What.StartsWith("clients that stay with ", StringComparison.Ordinal)).Sum(i => int.Parse(i.Kernel!, null)));
        Assert.Contains(items, i => i is { What: "set VIADUCT-EXTERNAL-LOCAL" } && i.Kernel!.Contains(" mark 0x", StringComparison.Ordinal));

        foreach (var command in new[] { "ipvsadm -d -t 10.96.0.10:80 -r 172.20.1.3:8080", "ipvsadm -D -t 198.51.100.7:80", "ipset flush VIADUCT-LOOP-BACK", "ip address del 198.51.100.8/32 dev kube-ipvs0" })
            Run(command);
        var different = (await InspectAsync(state, port)).Where(i => !i.IsEqual).Select(i => (i.What, i.Proxy, i.Kernel)).ToArray();
        Assert.Contains(("endpoint of 10.96.0.10:80/tcp", "172.20.1.3:8080", null), different);
        Assert.Contains(("virtual service 198.51.100.7:80/tcp", "rr, affinity of 60 s", null), different);
        Assert.Contains(("set VIADUCT-LOOP-BACK", "172.20.0.3,tcp:8080,172.20.0.3", null), different);
        Assert.Contains(("address on kube-ipvs0", "198.51.100.8", null), different);
    }

    private Task<IReadOnlyList<KernelItem>> InspectAsync(ProxyState state, ServicePortState port) =>
        ((IInspectedBackend)lab.Backend).InspectAsync(state, port, TestContext.Current.CancellationToken);

    [Fact]
    public void One_endpoint_more_is_one_message_for_each_address_and_one_less_too()
    {
        var remote = Web(CaseEndpoints.Remote);
        Apply(State(remote));
        var report = Apply(State(remote with { Endpoints = [.. network.Endpoints(CaseEndpoints.Both)] }));
        // Four virtual services, and one entry for the pod that may reach itself.
        Assert.Equal((5, 2, false), (report.Elements, report.Transactions, report.IsFull));
        Assert.Equal(5, Apply(State(remote)).Elements);
        Eventually(() => Assert.DoesNotContain(Saved(), l => l.Contains("172.20.0.3", StringComparison.Ordinal)));
        Assert.Equal(0, Apply(State(remote)).Elements);
    }

    [Fact]
    public void An_endpoint_that_leaves_keeps_its_connections_until_they_end()
    {
        using var server = new EchoServer(lab[CaseClient.LocalEndpoint], LongPort);
        ProxyEndpoint leaving = new(new(PackedAddress.From(network.LocalEndpoint), LongPort), IsRemote: false);
        Apply(State(Web(CaseEndpoints.None) with { Endpoints = [leaving], HasEndpointsAnywhere = true }));
        using var connection = lab[CaseClient.Outside].Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        connection.Connect(network.ClusterIP, CaseNetwork.Port);
        Assert.Equal("one", EchoServer.Ask(connection, "one"));

        Apply(State(Web(CaseEndpoints.Remote)));
        Assert.Equal("two", EchoServer.Ask(connection, "two"));
        Assert.StartsWith("remote ", lab[CaseClient.Outside].AskTcp(network.ClusterIP, CaseNetwork.Port), StringComparison.Ordinal);
        // Of the four virtual services only this one has a connection.
        Eventually(() => Assert.Equal(["-a -t 10.96.0.10:80 -r 172.20.0.3:9090 -m -w 0"], Saved().Where(l => l.Contains(":9090", StringComparison.Ordinal))));

        // Without any endpoint new connections are refused, this one goes on; also over a restart.
        lab.NewBackend();
        Apply(State(Web(CaseEndpoints.None)));
        Assert.Equal("three", EchoServer.Ask(connection, "three"));
        Assert.Throws<AggregateException>(() => lab[CaseClient.Outside].AskTcp(network.ClusterIP, CaseNetwork.Port));

        connection.LingerState = new LingerOption(true, 0);
        connection.Dispose();
        // The kernel keeps a reset connection for 10 s (IP_VS_TCP_S_CLOSE).
        Eventually(() =>
        {
            ((IpvsBackend)lab.Backend).DeleteLeft();
            Assert.DoesNotContain(Saved(), l => l.Contains(":9090", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void A_client_that_sends_udp_all_the_time_comes_to_another_endpoint_when_its_own_leaves()
    {
        var service = network.Service(TransportProtocol.Udp) with { Endpoints = [.. network.Endpoints(CaseEndpoints.Local)], HasEndpointsAnywhere = true };
        Apply(State(service));
        using var socket = lab[CaseClient.LocalPod].OpenUdp(network.ClusterIP, CaseNetwork.Port);
        Assert.StartsWith("local ", Host.AskAgain(socket), StringComparison.Ordinal);
        Apply(State(service with { Endpoints = [.. network.Endpoints(CaseEndpoints.Remote)] }));
        // A packet to an endpoint that is gone ends the flow and is lost; a timer of the kernel then forgets it (ip_vs_conn_expire_now).
        var tries = 0;
        do
        {
            Assert.True(tries++ < 20);
            socket.Send("who?"u8);
        }
        while (!socket.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectRead));
        Assert.StartsWith("remote ", Host.AskAgain(socket), StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_with_affinity_stays_with_its_endpoint_until_that_leaves_and_over_a_restart()
    {
        var state = State(Web(CaseEndpoints.Both) with { AffinitySeconds = 10800 });
        Apply(state);
        var first = Assert.Single(Answers());
        lab.NewBackend();
        Apply(state);
        Assert.Equal(first, Assert.Single(Answers()));
        Apply(State(Web(first.StartsWith("local", StringComparison.Ordinal) ? CaseEndpoints.Remote : CaseEndpoints.Local) with { AffinitySeconds = 10800 }));
        Assert.NotEqual(first, Assert.Single(Answers()));

        HashSet<string> Answers() => [.. Enumerable.Range(0, 16).Select(_ => lab[CaseClient.LocalPod].AskTcp(network.ClusterIP, CaseNetwork.Port))];
    }

    [Fact]
    public async Task Every_scheduler_of_the_kernel_leads_to_an_endpoint()
    {
        var state = State(Web(CaseEndpoints.Both));
        foreach (var scheduler in new[] { "rr", "wrr", "lc", "wlc", "fo", "ovf", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq" })
        {
            using var backend = Open(new IpvsSettings { Scheduler = scheduler, UdpTimeout = TimeSpan.FromSeconds(77) });
            await backend.ApplyAsync(Everything(state), state, TestContext.Current.CancellationToken);
            Assert.Contains(lab[CaseClient.LocalPod].AskTcp(network.ClusterIP, CaseNetwork.Port).Split(' ')[0], new[] { "local", "remote" });
            Assert.Equal(4, Saved().Count(l => l.EndsWith($" -s {scheduler}{(scheduler == "mh" ? " -b mh-port" : "")}", StringComparison.Ordinal)));
        }

        Assert.EndsWith(" 77", Run("ipvsadm -L --timeout").Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_scheduler_that_the_kernel_lacks_is_one_sentence_and_changes_nothing()
    {
        var missing = lab.Node.Namespace.Run(() => IpvsBackend.FindMissingFeatures(IPFamily.IPv4, new IpvsSettings { Scheduler = "nosuch" }));
        Assert.StartsWith("The kernel's IPVS has no scheduler \"nosuch\" (", Assert.Single(missing), StringComparison.Ordinal);
        Assert.Contains("modprobe ip_vs_nosuch", missing[0], StringComparison.Ordinal);
        Assert.Empty(Saved());
        Assert.DoesNotContain("kube-ipvs0", Run("ip link"), StringComparison.Ordinal);
        foreach (var family in Enum.GetValues<IPFamily>())
            Assert.Empty(lab.Node.Namespace.Run(() => IpvsBackend.FindMissingFeatures(family, new IpvsSettings())));
    }

    [Fact]
    public void Removing_it_leaves_what_others_made_and_nothing_else()
    {
        Run("ipset create theirs hash:ip");
        Run("ipvsadm -A -t 192.0.2.1:80 -s lc");
        Run("iptables-legacy -A INPUT -s 192.0.2.1 -j DROP");
        var before = string.Concat(Chains());
        Apply(State(Web(CaseEndpoints.Both) with { ExternalLocal = true, LocalEndpoints = [.. network.Endpoints(CaseEndpoints.Local)] }));
        Assert.NotEqual(before, string.Concat(Chains()));
        lab.Node.Namespace.Run(() => IpvsBackend.Remove(IPFamily.IPv4));
        Assert.Equal(["-A -t 192.0.2.1:80 -s lc"], Saved());
        Assert.Equal("theirs", Run("ipset list -n").Trim());
        Assert.Equal(before, string.Concat(Chains()));
        Assert.DoesNotContain("kube-ipvs0", Run("ip link"), StringComparison.Ordinal);
        lab.Node.Namespace.Run(() => IpvsBackend.Remove(IPFamily.IPv4));

        IEnumerable<string> Chains() => new[] { "mangle", "nat", "filter" }.Select(t => Run($"iptables-legacy -t {t} -S"));
    }

    [Fact]
    public void An_external_address_that_the_node_has_itself_stays_where_it_is_and_its_other_ports_stay_open()
    {
        Apply(State(Web(CaseEndpoints.Both) with { ExternalIPs = [PackedAddress.From(network.Node)] }));
        Assert.Equal("10.96.0.10 198.51.100.8", string.Join(' ', DeviceAddresses()));
        Assert.StartsWith("node ", lab[CaseClient.Outside].AskTcp(network.Node, CaseNetwork.NodePort + 1), StringComparison.Ordinal);
        Assert.DoesNotContain("node ", lab[CaseClient.Outside].AskTcp(network.Node, CaseNetwork.Port), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_ports_answer_on_an_address_that_the_node_gets_later_and_lost_addresses_of_services_come_back()
    {
        using var all = lab.Node.Namespace.Run(() => ProxyBackends.Open(
            ProxyMode.Ipvs, new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.AllAddresses).Options(network), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        var state = State(Web(CaseEndpoints.Both));
        await all.ApplyAsync(Everything(state), state, TestContext.Current.CancellationToken);
        foreach (var (command, service) in new[]
        {
            ("ip address add 203.0.113.77/24 dev eth0", "-A -t 203.0.113.77:30080 -s rr"), ("ip address del 10.96.0.10/32 dev kube-ipvs0", "-A -t 10.96.0.10:80 -s rr"),
            ("ip link del kube-ipvs0", "-A -t 198.51.100.7:80 -s rr"),
        })
        {
            var edit = all.WaitForForeignEditAsync(TestContext.Current.CancellationToken);
            Run(command);
            await edit.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.True((await all.ApplyAsync(new ProxyChange([]), state, TestContext.Current.CancellationToken)).IsFull);
            Assert.Contains(service, Saved());
            Assert.Equal("10.96.0.10 198.51.100.7 198.51.100.8", string.Join(' ', DeviceAddresses()));
        }
    }

    [Fact]
    public void Thousands_of_services_are_written_and_one_change_stays_small()
    {
        var ports = Enumerable.Range(0, 5000).Select(i => new ServicePortState
        {
            Name = new("default", $"s{i}", ""), ClusterIP = PackedAddress.Read([10, 97, (byte)(i >> 8), (byte)i]), Protocol = TransportProtocol.Tcp, Port = 80, HasEndpointsAnywhere = true,
            Endpoints = [.. Enumerable.Range(0, 10).Select(e => new ProxyEndpoint(new(PackedAddress.Read([10, (byte)(100 + e), (byte)(i >> 8), (byte)i]), 8080), IsRemote: true))],
        }).ToList();
        var state = network.State(ports) with { ServiceCidrs = [] };
        // Each: two entries of sets, a virtual service, ten destinations and an address.
        Assert.Equal(70_000, Timed("full write", () => Apply(state)).Elements);
        lab.NewBackend();
        Assert.Equal(0, Timed("restart", () => Apply(state)).Elements);
        for (var i = 0; i < 5; i++)
        {
            ports[7] = ports[7] with { Endpoints = ports[7].Endpoints.RemoveAt(9 - i) };
            var next = network.State(ports) with { ServiceCidrs = [] };
            var change = new ProxyChange([ports[7].Frontends.First().Frontend]);
            Assert.Equal(1, Timed("one change", () => lab.Backend.ApplyAsync(change, next, default).Result).Elements);
        }

        // Half a minute in user-mode Linux: only for docs/performance.md.
        if (Environment.GetEnvironmentVariable("COMPARE_IPVSADM") is null)
            return;
        var file = Path.GetTempFileName();
        File.WriteAllText(file, Run("ipvsadm -Sn"));
        Run("ipvsadm -C");
        Timed("ipvsadm -R of the same virtual services", () => Tool.Run(lab.Node.Namespace, "bash", "-c", $"ipvsadm -R <{file}"));
        File.Delete(file);

        static T Timed<T>(string what, Func<T> act)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var result = act();
            TestContext.Current.SendDiagnosticMessage($"{what}: {watch.Elapsed.TotalMilliseconds:0.0} ms");
            return result;
        }
    }

    [Fact]
    public async Task Strict_arp_keeps_links_from_answering_for_services()
    {
        string[] names = ["net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_announce", "net.ipv4.vs.conntrack", "net.ipv4.vs.expire_nodest_conn"];
        Apply(ProxyState.Empty);
        Assert.Equal("0 0 1 1", lab.Node.Namespace.Run(() => string.Join(' ', names.Select(Sysctl.Read))));
        using var backend = Open(new IpvsSettings { StrictArp = true });
        await backend.ApplyAsync(new ProxyChange([]), ProxyState.Empty, TestContext.Current.CancellationToken);
        Assert.Equal("1 2 1 1", lab.Node.Namespace.Run(() => string.Join(' ', names.Select(Sysctl.Read))));
    }

    private IProxyBackend Open(IpvsSettings settings) => Open(o => o with { Ipvs = settings });

    private IProxyBackend Open(Func<BackendOptions, BackendOptions> with) => lab.Node.Namespace.Run(() => ProxyBackends.Open(
        ProxyMode.Ipvs,
        with(new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.FirstAddress).Options(network)),
        Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));

    private ServicePortState Web(CaseEndpoints endpoints) => network.Service(TransportProtocol.Tcp) with
    {
        Endpoints = [.. network.Endpoints(endpoints)], HasEndpointsAnywhere = endpoints != CaseEndpoints.None,
    };

    private ProxyState State(ServicePortState port) => network.State(port);

    private static ProxyChange Everything(ProxyState state) => new([.. state.Claims.Keys], ServiceCidrsChanged: true);

    // Frontends that are gone are changed, too.
    private ProxyReport Apply(ProxyState state)
    {
        var frontends = state.Claims.Keys.Concat(last.Claims.Keys).Distinct();
        last = state;
        return lab.Backend.ApplyAsync(new ProxyChange([.. frontends]), state, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
    }

    private ProxyState last = ProxyState.Empty;

    private string Run(string command) => Tool.Run(lab.Node.Namespace, command.Split(' ')[0], command.Split(' ')[1..]);

    private string[] Saved() => [.. Run("ipvsadm -Sn").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim()).Order(StringComparer.Ordinal)];

    private string[] Entries(string set) => [.. Run($"ipset save {set}").Split('\n').Where(l => l.StartsWith("add ", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private IEnumerable<string> DeviceAddresses() => Run("ip -o -4 address show dev kube-ipvs0").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3].Split('/')[0]).Order(StringComparer.Ordinal);

    // The kernel tells nobody when a connection of IPVS ends.
    private static void Eventually(Action check)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                check();
                return;
            }
            catch (Exception e) when (tries < 300 && e is not NullReferenceException)
            {
                Thread.Sleep(200);
            }
        }
    }
}
