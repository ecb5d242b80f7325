using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments;

/// <summary>The address goes from the bridge's port to the bridge itself.</summary>
internal sealed class MoveAddress : Experiment
{
    public override string Name => "move-address";

    public override LocalizedText Title => new("Give the bridge an address", "给网桥配上 IP");

    public override LocalizedText Introduction => new(
        "An address on a bridge's port is of no use: answers come in by the bridge. So it moves from veth0 to br0.",
        "给网桥的端口配置 IP 没有意义，因为应答是从网桥进来的。所以把 veth0 的 IP 让给 br0。");

    public override string Essential => "accept_local of veth1";

    public override async Task RunAsync(LabRun lab)
    {
        var classic = new ClassicHost(lab);
        var host = classic.Host;
        classic.ConnectVeth();
        host.AddAddress("veth0", "192.168.3.101/24");
        await lab.StepAsync(new("Move 192.168.3.101 from veth0 to br0.", "将 192.168.3.101 从 veth0 移到 br0。"), () =>
        {
            host.DeleteAddress("veth0", "192.168.3.101/24");
            host.AddAddress("br0", "192.168.3.101/24");
            lab.Given("accept_local of veth1", () => host.SetSysctl("net.ipv4.conf.veth1.accept_local", "1"));
            lab.Holds(
                new("The network 192.168.3.0/24 is reached by br0, no longer by veth0.", "192.168.3.0/24 网段经由 br0 到达，不再经由 veth0。"),
                host.Routes().Contains("192.168.3.0/24 dev br0") && !host.Routes().Contains("192.168.3.0/24 dev veth0"));
            lab.Draw(host);
        });
        await lab.StepAsync(new("Ping veth1 from br0.", "通过 br0 ping veth1。"), () => PingVethAsync(lab, host));
        await lab.StepAsync(new("Ping the gateway from br0.", "通过 br0 ping 网关。"), () => host.PingFailsAsync(
            PhysicalNetwork.GatewayAddress,
            new("The ping fails: nothing that is on the bridge leads to the physical network.", "ping 失败：网桥上没有任何设备通向物理网络。"),
            from: "br0"));
    }

    private static async Task PingVethAsync(LabRun lab, LabHost host)
    {
        await host.PingSucceedsAsync("192.168.3.102", new("veth1 answers.", "veth1 有应答。"), from: "br0");
        lab.Holds(
            new("br0 knows veth1's hardware address now.", "br0 现在知道 veth1 的 MAC 地址。"),
            host.Neighbor("br0", "192.168.3.102")?.LinkAddress?.ToString() == ClassicHost.Veth1Mac);
        lab.Disagrees(
            new("This ping works as it stands.", "这个 ping 直接就能成功。"),
            new("It works only with accept_local on veth1.", "只有在 veth1 上设置 accept_local 才能成功。"),
            new(
                "The question's source, 192.168.3.101, is an address of the very host that receives it, and such packets are dropped by default (__fib_validate_source in net/ipv4/fib_frontend.c).",
                "请求的源地址 192.168.3.101 就是接收主机自己的地址，内核默认会丢弃这样的包（net/ipv4/fib_frontend.c 的 __fib_validate_source）。"));
    }
}
