using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments;

/// <summary>The card's address is taken away, and the default route goes with it, because it was the card's last one.</summary>
internal sealed class LostDefaultRoute : Experiment
{
    private const string Default = "default via 192.168.3.1 dev ";

    public override string Name => "lost-default-route";

    public override LocalizedText Title => new("The lost default route", "消失的默认路由");

    public override LocalizedText Introduction => new(
        "As a port of br0, eth0 needs no address, and with one the host still chooses it for the network 192.168.3.0/24. So the address goes; and with it goes what nobody asked for.",
        "eth0 成为 br0 的端口之后不再需要 IP，而且主机仍会优先选择它来访问 192.168.3.0/24。所以要去掉它的 IP，但随之消失的还有默认路由。");

    public override string Essential => "the last address";

    public override async Task RunAsync(LabRun lab)
    {
        var classic = new ClassicHost(lab);
        var host = classic.Host;
        classic.ConnectVeth();
        classic.AddBridgeAddress();
        host.SetMaster("eth0", "br0");
        await lab.StepAsync(new("Delete one of two addresses of eth0.", "删除 eth0 两个地址中的一个。"), () => DeleteFirst(lab, host));
        await lab.StepAsync(new("Delete the last address of eth0.", "删除 eth0 的最后一个地址。"), () => DeleteLastAsync(lab, host));
        await lab.StepAsync(new("Add the default route again.", "重新添加默认路由。"), () => AddAgainAsync(lab, host));
    }

    private static void DeleteFirst(LabRun lab, LabHost host)
    {
        host.AddAddress("eth0", "10.5.5.5/24");
        host.DeleteAddress("eth0", "192.168.3.21/24");
        lab.Holds(
            new("The default route stays, although its gateway is no longer in a network of eth0.", "默认路由仍然在，尽管它的网关已经不在 eth0 的任何网段里。"),
            host.Routes().Contains($"{Default}eth0"));
        lab.Disagrees(
            new("Deleting the address of eth0 removes the default route.", "删除 eth0 的 IP 会删除默认路由。"),
            new("It does so only when it was the last IPv4 address of the device, or the route's own source.", "只有当它是该设备的最后一个 IPv4 地址，或是该路由指定的源地址时才会。"),
            new("fib_inetaddr_event() in net/ipv4/fib_frontend.c flushes a device's routes when its list of addresses becomes empty.", "net/ipv4/fib_frontend.c 的 fib_inetaddr_event() 在设备的地址列表变空时才清除它的路由。"));
    }

    private static async Task DeleteLastAsync(LabRun lab, LabHost host)
    {
        lab.Given("the last address", () => host.DeleteAddress("eth0", "10.5.5.5/24"));
        lab.Shows(
            new("No route leads through eth0 any more, and there is no default route.", "不再有经过 eth0 的路由，默认路由也没有了。"),
            ["192.168.3.0/24 dev br0", "192.168.3.0/24 dev veth1"],
            host.Routes().Order(StringComparer.Ordinal));
        await host.PingSucceedsAsync(PhysicalNetwork.GatewayAddress, new("The gateway is reached.", "可以到达网关。"));
        await host.PingFailsAsync(PhysicalNetwork.OutsideAddress, new("The outside is not.", "不能到达外网。"));
    }

    private static async Task AddAgainAsync(LabRun lab, LabHost host)
    {
        host.AddDefaultRoute(PhysicalNetwork.GatewayAddress);
        await host.PingSucceedsAsync(PhysicalNetwork.OutsideAddress, new("The outside is reached.", "可以到达外网。"));
        lab.Draw(host);
    }
}
