using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Proxy;

namespace Viaduct.Tests.Kernel.Proxy;

public sealed class NftablesBackendTests : IDisposable
{
    private const string ClusterIP = "172.21.0.10";
    private const int NodePort = 30080, Port = 80;
    private static readonly IPAddress Service = IPAddress.Parse(ClusterIP);

    private readonly NodeLab lab = new();

    public void Dispose() => lab.Dispose();

    [Fact]
    public void A_pod_reaches_all_endpoints_and_keeps_its_address()
    {
        var client = lab.AddPod();
        lab.Serve("web", ClusterIP, null, Servers(3));
        var expected = Answers(lab.Pods.Skip(1), client.Address);
        Assert.Equal(expected, AskMany(() => client.AskTcp(Service, Port)));
        Assert.Equal(expected, AskMany(() => client.AskUdp(Service, Port)));
    }

    [Fact]
    public void The_node_itself_reaches_all_endpoints_through_cluster_ip_and_node_port()
    {
        lab.Serve("web", ClusterIP, NodePort, Servers(2));
        var expected = Answers(lab.Pods, NodeLab.Gateway);
        Assert.Equal(expected, AskMany(() => lab.Node.AskTcp(Service, Port)));
        Assert.Equal(expected, AskMany(() => lab.Node.AskUdp(Service, Port)));
        Assert.Equal(expected, AskMany(() => lab.Node.AskTcp(NodeLab.NodeAddress, NodePort)));
        Assert.Equal(expected, AskMany(() => lab.Node.AskUdp(NodeLab.NodeAddress, NodePort)));
    }

    [Fact]
    public void A_host_outside_reaches_all_endpoints_through_the_node_port()
    {
        lab.Serve("web", ClusterIP, NodePort, Servers(3));
        var expected = Answers(lab.Pods, NodeLab.Gateway);
        Assert.Equal(expected, AskMany(() => lab.Outside.AskTcp(NodeLab.NodeAddress, NodePort)));
        Assert.Equal(expected, AskMany(() => lab.Outside.AskUdp(NodeLab.NodeAddress, NodePort)));
    }

    [Fact]
    public void A_pod_reaches_the_node_port_on_every_address_of_its_node()
    {
        var client = lab.AddPod();
        lab.Serve("web", ClusterIP, NodePort, Servers(1));
        Assert.Equal($"pod-3 {NodeLab.Gateway}", client.AskTcp(NodeLab.NodeAddress, NodePort));
        Assert.Equal($"pod-3 {NodeLab.Gateway}", client.AskTcp(NodeLab.Gateway, NodePort));
    }

    [Fact]
    public void A_pod_reaches_itself_through_its_service()
    {
        var pod = Servers(1)[0];
        lab.Serve("web", ClusterIP, NodePort, pod);
        Assert.Equal($"pod-2 {NodeLab.Gateway}", pod.AskTcp(Service, Port));
        Assert.Equal($"pod-2 {NodeLab.Gateway}", pod.AskUdp(Service, Port));
        Assert.Equal($"pod-2 {NodeLab.Gateway}", pod.AskTcp(NodeLab.NodeAddress, NodePort));
    }

    [Fact]
    public void Without_endpoints_everybody_is_refused()
    {
        var pod = lab.AddPod();
        lab.Serve("web", ClusterIP, NodePort);
        foreach (var (client, address, port) in new[]
        {
            (pod, Service, Port), (lab.Node, Service, Port), (pod, NodeLab.NodeAddress, NodePort),
            (lab.Outside, NodeLab.NodeAddress, NodePort), (lab.Node, NodeLab.NodeAddress, NodePort),
        })
            AssertRefused(client, address, port);
    }

    [Fact]
    public void A_node_port_without_endpoints_is_refused_even_if_a_program_listens_there()
    {
        lab.Node.Serve(NodePort);
        lab.Serve("web", ClusterIP, NodePort);
        AssertRefused(lab.Outside, NodeLab.NodeAddress, NodePort);
        Assert.Equal("node 127.0.0.1", lab.Node.AskTcp(IPAddress.Loopback, NodePort));
    }

    [Fact]
    public void A_port_that_the_service_does_not_have_is_refused()
    {
        var client = lab.AddPod();
        lab.Serve("web", ClusterIP, null, Servers(1));
        AssertRefused(client, Service, 81);
        AssertRefused(lab.Node, Service, 81);
        Assert.Equal($"pod-3 {client.Address}", client.AskTcp(Service, Port));
    }

    [Fact]
    public void Endpoints_that_come_and_go_are_followed_with_a_few_elements()
    {
        var client = lab.AddPod();
        var servers = Servers(5);
        lab.Serve("other", "172.21.0.99", null, servers);
        lab.Serve("web", ClusterIP, null, servers);

        // For each of two ports: the last endpoint moves into the slot of the one that left (remove, add), its old slot and the verdict go, a new verdict comes.
        // The chain for four endpoints is new and comes before.
        var left = lab.Serve("web", ClusterIP, null, servers.Where((_, i) => i != 1));
        Assert.Equal(2 * 5, left.Elements);
        Assert.Equal(2, left.Transactions);
        Assert.Equal(Answers(servers.Where((_, i) => i != 1), client.Address), AskMany(() => client.AskTcp(Service, Port)));

        lab.Serve("web", ClusterIP, null);
        AssertRefused(client, Service, Port);
        lab.Serve("web", ClusterIP, null, servers);
        Assert.Equal(Answers(servers, client.Address), AskMany(() => client.AskTcp(Service, Port)));
    }

    [Fact]
    public void A_udp_flow_leaves_an_endpoint_that_left()
    {
        var client = lab.AddPod();
        var servers = Servers(2);
        lab.Serve("web", ClusterIP, NodePort, servers[0]);
        using var inside = client.OpenUdp(Service, Port);
        using var outside = lab.Outside.OpenUdp(NodeLab.NodeAddress, NodePort);
        Assert.StartsWith(servers[0].Name, Host.AskAgain(inside), StringComparison.Ordinal);
        Assert.StartsWith(servers[0].Name, Host.AskAgain(outside), StringComparison.Ordinal);

        lab.Serve("web", ClusterIP, NodePort, servers);
        Assert.Equal(0, lab.Flows.Ended);
        Assert.StartsWith(servers[0].Name, Host.AskAgain(inside), StringComparison.Ordinal);
        lab.Serve("web", ClusterIP, NodePort, servers[1]);
        Assert.Equal(2, lab.Flows.Ended);
        Assert.StartsWith(servers[1].Name, Host.AskAgain(inside), StringComparison.Ordinal);
        Assert.StartsWith(servers[1].Name, Host.AskAgain(outside), StringComparison.Ordinal);

        lab.Serve("web", ClusterIP, NodePort);
        Assert.Equal(4, lab.Flows.Ended);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => Host.AskAgain(inside)).SocketErrorCode);
    }

    [Fact]
    public void A_udp_flow_from_before_the_service_is_not_stuck()
    {
        // Without any Service the kernel would not track flows yet.
        lab.Serve("other", "172.21.0.99", null);
        var client = lab.AddPod();
        using var early = client.OpenUdp(Service, Port);
        early.Send("nobody hears this"u8);
        lab.Serve("web", ClusterIP, null, Servers(1));
        Assert.Equal($"pod-3 {client.Address}", Host.AskAgain(early));
    }

    [Fact]
    public void Applying_the_same_state_twice_writes_nothing()
    {
        var servers = Servers(3);
        lab.Serve("web", ClusterIP, NodePort, servers);
        var generation = lab.Nft.GetGeneration();
        Assert.Equal(0, lab.Serve("web", ClusterIP, NodePort, servers).Transactions);
        Assert.Equal(generation, lab.Nft.GetGeneration());
    }

    [Fact]
    public async Task A_restart_writes_only_what_changed_meanwhile()
    {
        var servers = Servers(4);
        lab.Serve("web", ClusterIP, NodePort, servers);
        lab.Serve("none", "172.21.0.11", 30081);
        var generation = lab.Nft.GetGeneration();
        var everything = new ProxyChange([.. lab.State.Claims.Keys]);

        var unchanged = await lab.NewBackend().ApplyAsync(everything, lab.State, TestContext.Current.CancellationToken);
        Assert.Equal(0, unchanged.Transactions);
        Assert.Equal(generation, lab.Nft.GetGeneration());

        lab.NewBackend();
        var changed = lab.Serve("web", ClusterIP, NodePort, servers.Skip(1));
        Assert.Equal((4 * 5) + 1, changed.Elements);
        Assert.Equal(Answers(servers.Skip(1), NodeLab.Gateway), AskMany(() => lab.Outside.AskTcp(NodeLab.NodeAddress, NodePort)));
    }

    [Fact]
    public void A_restart_repairs_rules_that_somebody_changed()
    {
        var servers = Servers(2);
        lab.Serve("web", ClusterIP, NodePort, servers);
        Tool.Run(lab.Node.Namespace, "nft", "flush chain ip viaduct services; delete element ip viaduct cluster-ips { 172.21.0.10 }");
        lab.NewBackend();
        lab.Serve("web", ClusterIP, NodePort, servers);
        Assert.Equal(Answers(servers, NodeLab.Gateway), AskMany(() => lab.Outside.AskTcp(NodeLab.NodeAddress, NodePort)));
    }

    [Fact]
    public async Task Thousands_of_services_are_written_in_parts_and_one_change_stays_small()
    {
        var tracker = new ServiceTracker("node");
        for (var i = 0; i < 3000; i++)
            tracker.Set(NodeLab.Service($"s{i}", $"172.21.{i / 250}.{(i % 250) + 1}", i < 500 ? 30000 + i : null));
        for (var i = 0; i < 3000; i++)
            tracker.Set(NodeLab.Slice($"s{i}", Enumerable.Range(0, 5).Select(e => $"172.20.{i / 50}.{(i % 50 * 5) + e + 1}")));
        var update = tracker.Commit();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var report = await lab.Backend.ApplyAsync(update.Change, update.State, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{report} in {watch.ElapsedMilliseconds} ms");
        Assert.InRange(report.Transactions, 2, 60);

        watch.Restart();
        report = await lab.NewBackend().ApplyAsync(update.Change, update.State, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"restart: {report} in {watch.ElapsedMilliseconds} ms");
        Assert.Equal(0, report.Elements);

        tracker.Set(NodeLab.Slice("s2999", ["172.20.9.9"]));
        update = tracker.Commit();
        watch.Restart();
        report = await lab.Backend.ApplyAsync(update.Change, update.State, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"one change: {report} in {watch.Elapsed.TotalMilliseconds} ms");
        Assert.InRange(report.Elements, 1, 30);
        Assert.Equal(2, report.Transactions);
    }

    [Fact]
    public void Nft_prints_the_table()
    {
        lab.Serve("web", ClusterIP, NodePort, Servers(2));
        lab.Serve("none", "172.21.0.11", null);
        var printed = Tool.Run(lab.Node.Namespace, "nft", "list", "ruleset");
        TestContext.Current.TestOutputHelper?.WriteLine(printed);
        Assert.Contains("172.21.0.10 . tcp . 80 counter packets 0 bytes 0 comment \"default/web:tcp\" : goto fan-out-2", printed, StringComparison.Ordinal);
        Assert.Contains("dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints", printed, StringComparison.Ordinal);
        Assert.Contains("elements = { 172.21.0.10, 172.21.0.11 }", printed.Replace("172.21.0.11, 172.21.0.10", "172.21.0.10, 172.21.0.11", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_stays_with_its_endpoint_until_that_leaves_and_over_a_restart(bool throughNodePort)
    {
        var servers = Servers(4);
        string Ask() => throughNodePort ? lab.Outside.AskTcp(NodeLab.NodeAddress, NodePort) : lab.Outside.AskTcp(Service, Port);
        lab.Apply(Affine(servers));
        var first = Assert.Single(AskMany(Ask));
        lab.NewBackend();
        Assert.Equal(0, lab.Apply(Affine(servers)).Elements);
        Assert.Equal([first], AskMany(Ask));

        var left = servers.Where(s => !first.StartsWith(s.Name + " ", StringComparison.Ordinal)).ToArray();
        lab.Apply(Affine(left));
        var second = Assert.Single(AskMany(Ask));
        Assert.NotEqual(first, second);
        lab.Apply(Affine(servers));
        Assert.Equal([second], AskMany(Ask));
        // Another client is not bound by this one's choice.
        Assert.Single(AskMany(() => lab.Node.AskTcp(Service, Port)));
    }

    private static ProxyState Affine(Host[] servers) => ServiceStep.StateOf(ImmutableDictionary<ServicePortName, ServicePortState>.Empty.Add(new("default", "web", "tcp"), new()
    {
        Name = new("default", "web", "tcp"),
        ClusterIP = PackedAddress.From(Service),
        Protocol = TransportProtocol.Tcp,
        Port = Port,
        NodePort = NodePort,
        AffinitySeconds = 10800,
        HasEndpointsAnywhere = true,
        Endpoints = [.. servers.Select(s => new ProxyEndpoint(new(PackedAddress.From(s.Address), 8080), false)).OrderBy(e => e.Target)],
    }));

    private Host[] Servers(int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        var pod = lab.AddPod();
        pod.Serve(8080);
        return pod;
    })];

    private static HashSet<string> Answers(IEnumerable<Host> servers, IPAddress client) => [.. servers.Select(s => $"{s.Name} {client}")];

    // 60 answers miss one of five endpoints once in 100,000 runs.
    private static HashSet<string> AskMany(Func<string> ask) => [.. Enumerable.Range(0, 60).Select(_ => ask())];

    private static void AssertRefused(Host client, IPAddress address, int port)
    {
        var error = Assert.Throws<AggregateException>(() => client.AskTcp(address, port)).InnerException;
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(error).SocketErrorCode);

        // The kernel tells a sender on the same host by refusing the datagram itself (EPERM: nf_hook_slow), others by ICMP.
        var udp = Assert.Throws<SocketException>(() => client.AskUdp(address, port));
        Assert.True(udp.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AccessDenied, udp.ToString());
    }
}
