using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments;

/// <summary>A bridge forwards without an address of its own.</summary>
internal sealed class BridgeWithoutAddress : Experiment
{
    public override string Name => "bridge-without-address";

    public override LocalizedText Title => new("Does a bridge need an address?", "bridge 必须要配置 IP 吗？");

    public override LocalizedText Introduction => new(
        "A switch forwards whether it can be managed by an address or not. So does a bridge: its own device is one more end, connected to the protocol stack.",
        "交换机无论有没有管理 IP 都能转发。网桥也一样：它自带的网络设备只是另一个端口，连着协议栈。");

    public override string Essential => "veth0 on br0";

    public override async Task RunAsync(LabRun lab)
    {
        var classic = new ClassicHost(lab);
        var host = classic.Host;
        classic.ConnectVeth();
        classic.AddBridgeAddress();
        classic.AttachCard();
        await lab.StepAsync(new("Take the address off br0.", "删除 br0 上的 IP。"), () =>
        {
            host.DeleteAddress("br0", "192.168.3.101/24");
            lab.Shows(new("Only veth1 leads to the network now.", "现在只有 veth1 通向该网段。"), ["192.168.3.0/24 dev veth1", "default via 192.168.3.1 dev veth1"], host.Routes().Order(StringComparer.Ordinal));
            lab.Draw(host);
        });
        await lab.StepAsync(new("Ping the gateway.", "ping 网关。"), () => host.PingSucceedsAsync(
            PhysicalNetwork.GatewayAddress, new("veth1 reaches it: the bridge forwards.", "veth1 可以到达网关：网桥仍在转发。")));
        await lab.StepAsync(new("Take veth0 off the bridge, and ping again.", "将 veth0 从网桥上移除，再 ping 一次。"), async () =>
        {
            lab.Given("veth0 on br0", () => host.SetNoMaster("veth0"));
            host.ForgetNeighbors("veth1");
            await host.PingFailsAsync(PhysicalNetwork.GatewayAddress, new("Nothing connects veth1 with eth0 any more.", "veth1 和 eth0 之间不再相连。"));
        });
    }
}
