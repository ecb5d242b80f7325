using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;
using Viaduct.Linux.Native;

namespace Viaduct.Lab.Experiments;

/// <summary>The physical network card becomes a port: what is on the bridge reaches the gateway, the card's own address no longer serves.</summary>
internal sealed class AttachCard : Experiment
{
    public override string Name => "attach-card";

    public override LocalizedText Title => new("Attach the physical card to the bridge", "将物理网卡添加到网桥");

    public override LocalizedText Introduction => new(
        "A bridge makes no difference between physical and virtual devices: eth0 becomes a port like veth0 did, a cable to the switch outside.",
        "网桥不区分物理设备和虚拟设备：eth0 加入后和 veth0 一样成为端口，相当于一根连到外面交换机的网线。");

    public override string Essential => "eth0 on br0";

    public override async Task RunAsync(LabRun lab)
    {
        var classic = new ClassicHost(lab);
        var host = classic.Host;
        classic.ConnectVeth();
        classic.AddBridgeAddress();
        await lab.StepAsync(new("Attach eth0 to br0.", "将 eth0 添加到 br0 上。"), () => Attach(lab, host));
        await lab.StepAsync(new("Ping the gateway from eth0.", "通过 eth0 ping 网关。"), () => FromCardAsync(lab, host));
        await lab.StepAsync(new("Ping the gateway from br0 and from veth1.", "通过 br0 和 veth1 ping 网关。"), () => FromBridgeAsync(host));
    }

    private static void Attach(LabRun lab, LabHost host)
    {
        lab.Given("eth0 on br0", () => host.SetMaster("eth0", "br0"));
        lab.Holds(
            new("The address and the routes of eth0 are still there; joining a bridge removes nothing.", "eth0 的地址和路由仍然都在：加入网桥不会删除任何东西。"),
            host.Routes().Contains("192.168.3.0/24 dev eth0") && host.Routes().Contains("default via 192.168.3.1 dev eth0"));
        lab.Draw(host);
    }

    private static async Task FromCardAsync(LabRun lab, LabHost host)
    {
        // What eth0 learned before it joined would be used on.
        host.ForgetNeighbors("eth0");
        await host.PingFailsAsync(
            PhysicalNetwork.GatewayAddress,
            new("The ping fails: the gateway's answer came in by br0, and eth0 never learns its hardware address.", "ping 失败：网关的应答是从 br0 进来的，eth0 学不到网关的 MAC 地址。"),
            from: "eth0");
        lab.Holds(
            new("The search for the gateway on eth0 has not succeeded.", "在 eth0 上查找网关的邻居表项没有成功。"),
            host.Neighbor("eth0", PhysicalNetwork.GatewayAddress) is { } entry && (entry.State & (RouteConstants.NUD_INCOMPLETE | RouteConstants.NUD_FAILED)) != 0);
    }

    private static async Task FromBridgeAsync(LabHost host)
    {
        await host.PingSucceedsAsync(PhysicalNetwork.GatewayAddress, new("br0 reaches the gateway through the cable that eth0 is now.", "br0 通过 eth0 这根网线到达网关。"), from: "br0");
        await host.PingSucceedsAsync(PhysicalNetwork.GatewayAddress, new("veth1 reaches it through veth0 and eth0.", "veth1 通过 veth0 和 eth0 到达网关。"), from: "veth1");
    }
}
