using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments;

/// <summary>A bridge alone is a device of its own, with nothing behind it.</summary>
internal sealed class CreateBridge : Experiment
{
    public override string Name => "create-bridge";

    public override LocalizedText Title => new("Create a bridge", "创建网桥");

    public override LocalizedText Introduction => new(
        "A bridge is a virtual switch, and at the same time a network device: it can have a hardware address and IP addresses. A new one has only the end that is "
        + "connected to the protocol stack; it does nothing useful yet.",
        "网桥既是一个虚拟交换机，又是一个网络设备，可以有 MAC 地址和 IP 地址。刚创建的网桥只有连着协议栈的那一端，还没有任何实际功能。");

    public override string Essential => "br0 up";

    public override async Task RunAsync(LabRun lab)
    {
        var host = new ClassicHost(lab).Host;
        await lab.StepAsync(new("Create the bridge br0 and set it up.", "创建网桥 br0 并启用它。"), () =>
        {
            host.AddBridge("br0");
            lab.Given("br0 up", () => host.SetUp("br0"));
            var link = host.Link("br0");
            lab.Holds(new("It is a network device of the kind bridge, and up.", "它是一个类型为 bridge 的网络设备，并且已启用。"), link is { Kind: "bridge", IsUp: true });
            lab.Holds(
                new("It forwards nothing, for it has no ports.", "它没有任何端口，所以不转发任何数据。"),
                !host.Route.ListLinks().Any(l => l.Master == link.Index));
            lab.Holds(
                new("Its hardware address is random, and locally administered, until its first port joins.", "在第一个端口加入之前，它的 MAC 地址是随机的本地管理地址。"),
                link.Address is { } mac && (mac.ToBytes()[0] & 0x03) == 0x02);
            lab.Draw(host);
        });
        await lab.StepAsync(new("The host itself is as before: the gateway answers through eth0.", "主机本身不受影响：网关仍然通过 eth0 应答。"), () =>
            host.PingSucceedsAsync(PhysicalNetwork.GatewayAddress, new("The gateway answers.", "网关有应答。")));
    }
}
