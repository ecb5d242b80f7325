using System.Net;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Lab.Network;
using Viaduct.Linux.Features;

namespace Viaduct.Lab.Experiments;

/// <summary>Docker's way: containers on a bridge of a network of their own; the host forwards and translates.</summary>
internal sealed class ContainersBehindNat : Experiment
{
    public override string Name => "containers";

    public override LocalizedText Title => new("Containers behind the host", "容器：docker 的方式");

    public override LocalizedText Introduction => new(
        "Each container is a network namespace with a protocol stack of its own, connected to a bridge of the host by a veth pair. Its network is known to the host only, so the "
        + "host must forward its packets and lend them its own address.",
        "每个容器是一个网络命名空间，有自己的协议栈，通过一对 veth 连到主机的网桥上。容器的网段只有主机知道，所以主机必须转发它们的数据包，并换成主机自己的地址（NAT）。");

    public override string Essential => "masquerade";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [PacketFilters.Probe()];

    public override async Task RunAsync(LabRun lab)
    {
        var network = new PhysicalNetwork(lab);
        var host = lab.AddHost("host");
        network.Plug(host, "eth0", ClassicHost.EthMac, "192.168.3.101/24");
        host.AddDefaultRoute(PhysicalNetwork.GatewayAddress);
        var containers = new[] { lab.AddHost("container1"), lab.AddHost("container2") };
        await lab.StepAsync(new("Connect two containers to a bridge 192.168.9.1.", "把两个容器连到网桥 192.168.9.1 上。"), () => Connect(lab, host, containers));
        await lab.StepAsync(new("Ping the host, and the other container.", "ping 主机和另一个容器。"), () => NearAsync(containers[0]));
        await lab.StepAsync(new("Ping the outside while the host does not forward.", "在主机不转发时 ping 外网。"), () => containers[0].PingFailsAsync(
            PhysicalNetwork.OutsideAddress, new("Nothing comes back: a host that is no router drops what is not for it.", "没有应答：主机不是路由器，会丢弃不是发给自己的数据包。")));
        await lab.StepAsync(new("Let the host forward.", "打开主机的转发功能。"), () => ForwardAsync(lab, network, host, containers[0]));
        await lab.StepAsync(new("Translate what leaves the containers' network.", "对离开容器网段的数据包做 NAT。"), () => TranslateAsync(lab, network, host, containers[0]));
    }

    private static void Connect(LabRun lab, LabHost host, LabHost[] containers)
    {
        host.AddBridge("br0");
        host.AddAddress("br0", "192.168.9.1/24");
        host.SetUp("br0");
        for (var i = 1; i <= containers.Length; i++)
        {
            var container = containers[i - 1];
            host.AddVeth($"veth{i}", "eth0", $"02:00:00:00:09:f{i}", $"02:00:00:00:09:0{i}", container);
            host.SetMaster($"veth{i}", "br0");
            host.SetUp($"veth{i}");
            container.AddAddress("eth0", $"192.168.9.{i + 1}/24");
            container.SetUp("eth0");
            container.AddDefaultRoute("192.168.9.1");
        }

        lab.Holds(new("Both are ports of br0 by their pairs.", "两个容器都通过 veth 成为 br0 的端口。"), host.Link("veth1").Master == host.Link("veth2").Master);
        lab.Draw([host, .. containers]);
    }

    private static async Task NearAsync(LabHost container)
    {
        await container.PingSucceedsAsync("192.168.9.1", new("The host answers on the bridge's address.", "主机用网桥的地址应答。"));
        await container.PingSucceedsAsync("192.168.9.3", new("The other container answers through the bridge.", "另一个容器通过网桥应答。"));
    }

    private static async Task ForwardAsync(LabRun lab, PhysicalNetwork network, LabHost host, LabHost container)
    {
        host.SetSysctl("net.ipv4.ip_forward", "1");
        var outside = network.Outside.Capture("eth0");
        await container.PingFailsAsync(PhysicalNetwork.OutsideAddress, new("Still nothing comes back.", "仍然没有应答。"));
        await lab.ShowsAsync(
            new("But the question arrived, with the container's own address; nobody out there knows the way back to it.", "但是请求已经到达，源地址是容器自己的地址；外面没有人知道怎样把应答送回去。"),
            outside,
            "echo request",
            Request("192.168.9.2", 4));
    }

    private static async Task TranslateAsync(LabRun lab, PhysicalNetwork network, LabHost host, LabHost container)
    {
        lab.Given("masquerade", () => host.Masquerade(IPNetwork.Parse("192.168.9.0/24"), "br0"));
        var outside = network.Outside.Capture("eth0");
        await container.PingSucceedsAsync(PhysicalNetwork.OutsideAddress, new("The outside answers.", "外网有应答。"));
        await lab.ShowsAsync(
            new("To the outside it was the host that asked.", "在外网看来，是主机发出的请求。"),
            outside,
            "echo request",
            Request("192.168.3.101", 5));
    }

    private static string Request(string source, int number) => $"IP {source} > 203.0.113.10: ICMP echo request, seq {number}";
}
