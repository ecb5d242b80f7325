using System.Net.Sockets;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>What happens to UDP flows when endpoints change, with real packets through a running proxy.</summary>
public class StaleFlowTests
{
    private static readonly (CaseClient Client, CaseTarget Target)[] s_ways =
    [
        (CaseClient.LocalPod, CaseTarget.ClusterIP), (CaseClient.HostProcess, CaseTarget.ClusterIP), (CaseClient.Outside, CaseTarget.NodePort),
        (CaseClient.LocalPod, CaseTarget.NodePort), (CaseClient.Outside, CaseTarget.ExternalIP),
    ];

    public static TheoryData<IPFamily> Families => [IPFamily.IPv4, IPFamily.IPv6];

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Flows_leave_an_endpoint_that_left_and_no_other(IPFamily family)
    {
        await using var lab = new FlowLab(family);
        await lab.StartAsync(lab.Service(), lab.Slice(lab.Pod("local")));
        var sockets = Open(lab);
        Assert.All(sockets, s => Assert.Equal("local", FlowLab.Ask(s)));
        await lab.ChangeAsync(lab.Slice(lab.Pod("local"), lab.Pod("remote")));
        Assert.Equal(0, lab.Flows.Ended);
        Assert.All(sockets, s => Assert.Equal("local", FlowLab.Ask(s)));

        await lab.ChangeAsync(lab.Slice(lab.Pod("remote")));
        Assert.Equal(sockets.Length, lab.Flows.Ended);
        Assert.All(sockets, s => Assert.Equal("remote", FlowLab.Ask(s)));
        Dispose(sockets);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_flow_stays_with_an_endpoint_that_serves_while_it_terminates(IPFamily family)
    {
        await using var lab = new FlowLab(family);
        await lab.StartAsync(lab.Service(), lab.Slice(lab.Pod("local")));
        var sockets = Open(lab);
        Assert.All(sockets, s => Assert.Equal("local", FlowLab.Ask(s)));

        await lab.ChangeAsync(lab.Slice(lab.Pod("local", terminating: true), lab.Pod("remote")));
        Assert.Equal(0, lab.Flows.Ended);
        Assert.All(sockets, s => Assert.Equal("local", FlowLab.Ask(s)));
        Assert.Equal("remote", lab[CaseClient.LocalPod].AskUdp(lab.Network.ClusterIP, CaseNetwork.Port).Split(' ')[0]);

        // Nothing differs for new connections when it is gone at last.
        await lab.ChangeAsync(lab.Slice(lab.Pod("remote")));
        Assert.Equal(sockets.Length, lab.Flows.Ended);
        Assert.All(sockets, s => Assert.Equal("remote", FlowLab.Ask(s)));
        Dispose(sockets);
    }

    [Fact]
    public async Task A_flow_stays_though_a_port_that_the_kernel_refuses_claims_its_frontend_first()
    {
        await using var lab = new FlowLab(IPFamily.IPv4, refused: new("default", "a-web", "udp"));
        await lab.StartAsync(lab.Service(), lab.Service("a-web", FlowLab.NodePort), lab.Slice(lab.Pod("local")));
        using var socket = lab.Open(CaseClient.Outside, CaseTarget.NodePort);
        Assert.Equal("local", FlowLab.Ask(socket));
        var flow = lab.IdOf(socket);

        await lab.ChangeAsync(lab.Slice(lab.Pod("local"), lab.Pod("remote")));
        await lab.ChangeAsync(lab.Slice(lab.Pod("local")));
        Assert.Equal(flow, lab.IdOf(socket));
        await lab.ChangeAsync(lab.Slice(lab.Pod("remote")));
        Assert.Equal("remote", FlowLab.Ask(socket));
    }

    [Fact]
    public async Task A_flow_stays_with_an_endpoint_that_hints_lead_others_away_from()
    {
        await using var lab = new FlowLab(IPFamily.IPv4);
        await lab.StartAsync(FlowLab.Zone("a"), lab.Service(), lab.Slice(lab.Pod("local")));
        var sockets = Open(lab);
        Assert.All(sockets, s => Assert.Equal("local", FlowLab.Ask(s)));
        await lab.ChangeAsync(lab.Slice(lab.Pod("local", zone: "b"), lab.Pod("remote", zone: "a")));
        Assert.Equal(0, lab.Flows.Ended);
        Assert.All(sockets, s => Assert.Equal("local", FlowLab.Ask(s)));
        Assert.Equal("remote", lab[CaseClient.LocalPod].AskUdp(lab.Network.ClusterIP, CaseNetwork.Port).Split(' ')[0]);
        Dispose(sockets);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Flows_of_a_service_without_endpoints_end_and_come_to_the_first_one_again(IPFamily family)
    {
        await using var lab = new FlowLab(family);
        await lab.StartAsync(lab.Service(), lab.Slice(lab.Pod("local")));
        using var socket = lab.Open(CaseClient.LocalPod, CaseTarget.ClusterIP);
        using var outside = lab.Open(CaseClient.Outside, CaseTarget.NodePort);
        Assert.Equal(("local", "local"), (FlowLab.Ask(socket), FlowLab.Ask(outside)));
        await lab.ChangeAsync(lab.Slice());
        Assert.Equal(2, lab.Flows.Ended);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => FlowLab.Ask(socket)).SocketErrorCode);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => FlowLab.Ask(outside)).SocketErrorCode);
        await lab.ChangeAsync(lab.Slice(lab.Pod("remote")));
        Assert.Equal(("remote", "remote"), (FlowLab.Ask(socket), FlowLab.Ask(outside)));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_flow_from_before_its_service_comes_to_an_endpoint(IPFamily family)
    {
        await using var lab = new FlowLab(family);
        // Without any Service the kernel would not track flows yet.
        await lab.StartAsync(lab.Service("other"));
        using var early = lab.Open(CaseClient.LocalPod, CaseTarget.ClusterIP);
        early.Send("nobody hears this"u8);
        using var earlyNodePort = lab.Open(CaseClient.Outside, CaseTarget.NodePort);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => FlowLab.Ask(earlyNodePort)).SocketErrorCode);

        await lab.ChangeAsync(tracker => lab.Service()(tracker) & lab.Slice(lab.Pod("local"))(tracker));
        Assert.Equal(2, lab.Flows.Ended);
        Assert.Equal(("local", "local"), (FlowLab.Ask(early), FlowLab.Ask(earlyNodePort)));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public async Task A_restart_keeps_good_flows_and_ends_those_to_endpoints_that_left_meanwhile(IPFamily family)
    {
        await using var lab = new FlowLab(family);
        await lab.StartAsync(lab.Service(), lab.Slice(lab.Pod("local")));
        var sockets = Open(lab);
        Assert.All(sockets, s => Assert.Equal("local", FlowLab.Ask(s)));
        var ids = sockets.Select(lab.IdOf).ToArray();

        await lab.StopAsync();
        await lab.StartAsync(lab.Service(), lab.Slice(lab.Pod("local"), lab.Pod("remote")));
        Assert.Equal(0, lab.Flows.Ended);
        Assert.Equal(ids, sockets.Select(lab.IdOf));

        await lab.StopAsync();
        await lab.StartAsync(lab.Service(), lab.Slice(lab.Pod("remote")));
        Assert.Equal(sockets.Length, lab.Flows.Ended);
        Assert.All(sockets, s => Assert.Equal("remote", FlowLab.Ask(s)));
        Dispose(sockets);
    }

    [Fact]
    public async Task A_flow_to_the_same_port_number_of_another_host_is_none_of_ours()
    {
        await using var lab = new FlowLab(IPFamily.IPv4);
        lab[CaseClient.Outside].Serve(FlowLab.NodePort);
        await lab.StartAsync(lab.Service(), lab.Slice(lab.Pod("local")));
        using var socket = lab[CaseClient.LocalPod].OpenUdp(lab.Network.Outside, FlowLab.NodePort);
        Assert.Equal("outside", FlowLab.Ask(socket));
        var id = lab.IdOf(socket);
        await lab.ChangeAsync(lab.Slice(lab.Pod("remote")));
        await lab.ChangeAsync(FlowLab.WithoutService);
        Assert.Equal(0, lab.Flows.Ended);
        Assert.Equal(id, lab.IdOf(socket));
    }

    [Fact]
    public async Task Flows_of_a_service_that_is_gone_end()
    {
        await using var lab = new FlowLab(IPFamily.IPv4);
        await lab.StartAsync(lab.Service(), lab.Slice(lab.Pod("local")));
        var sockets = Open(lab);
        Assert.All(sockets, s => Assert.Equal("local", FlowLab.Ask(s)));
        await lab.ChangeAsync(FlowLab.WithoutService);
        Assert.Equal(sockets.Length, lab.Flows.Ended);
        Dispose(sockets);
    }

    private static Socket[] Open(FlowLab lab) => [.. s_ways.Select(w => lab.Open(w.Client, w.Target))];

    private static void Dispose(Socket[] sockets) => Array.ForEach(sockets, s => s.Dispose());
}
