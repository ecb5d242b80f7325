using System.Net;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;
using Viaduct.Linux.Features;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Experiments;

/// <summary>An access point takes frames of one hardware address from each station; how what is behind a bridge gets through all the same.</summary>
internal sealed class OneMacRule : Experiment
{
    private const string Request = "ARP, Request who-has 192.168.3.1 tell 192.168.3.102", Reply = $"ARP, Reply 192.168.3.1 is-at {PhysicalNetwork.GatewayMac}";
    private const int LastOfBridge = 300; // NF_BR_PRI_NAT_SRC of linux/netfilter_bridge.h; the first is its opposite

    public override string Name => "one-mac";

    public override LocalizedText Title => new("The rule of one hardware address: wireless networks", "只认一个 MAC 地址：无线网络");

    public override LocalizedText Introduction => new(
        "A wireless station logs in with its hardware address, and the access point takes frames of no other from it. A bridge over a wireless card has a problem: what is behind it sends with addresses of its own.",
        "无线网卡用自己的 MAC 地址登录，登录后无线路由器只认这一个 MAC 地址。把无线网卡接到网桥上就有问题：网桥后面的设备用的是它们自己的 MAC 地址。");

    public override string Essential => "the access point's rule";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [KernelFeature.ProbeNftablesBridge()];

    public override async Task RunAsync(LabRun lab)
    {
        var classic = new ClassicHost(lab);
        classic.ConnectVeth();
        classic.AddBridgeAddress();
        await lab.StepAsync(new("The access point takes only frames from eth0's hardware address, and sends only such to it.", "无线路由器只接收源地址是 eth0 MAC 地址的帧，也只向它发送这样的帧。"), () => LockAsync(lab, classic));
        await lab.StepAsync(new("Give br0 the hardware address of eth0.", "把 br0 的 MAC 地址改成 eth0 的。"), () => ChangeBridgeAsync(lab, classic));
        await lab.StepAsync(new("Give veth1 the hardware address of eth0, too.", "把 veth1 的 MAC 地址也改成 eth0 的。"), () => ChangeVethAsync(lab, classic));
        await lab.StepAsync(new("Give veth1 its own address back, and change addresses on the way out and in, as hypervisors do.", "恢复 veth1 自己的 MAC 地址，像虚拟机管理软件那样在出口和入口转换 MAC 地址。"), () => TranslateAsync(lab, classic));
    }

    private static async Task LockAsync(LabRun lab, ClassicHost classic)
    {
        lab.Given("the access point's rule", () =>
        {
            classic.Network.Switch.AddStaticEntry(ClassicHost.SwitchPort, ClassicHost.EthMac);
            classic.Network.Switch.SetPort(ClassicHost.SwitchPort, new LinkChange { Learning = false, UnicastFlood = false, Locked = true });
        });
        // Only now: a bridge speaks by itself from time to time (IGMP), and what was heard of before is let through.
        classic.AttachCard();
        var gateway = classic.Network.Gateway.Capture("eth0");
        await classic.Host.PingFailsAsync(
            PhysicalNetwork.GatewayAddress,
            new($"br0 does not reach the gateway: it has veth0's hardware address {ClassicHost.Veth0Mac}, the lowest among its ports.", $"br0 不能到达网关：它的 MAC 地址是 {ClassicHost.Veth0Mac}，即端口中最小的那个（veth0 的）。"),
            from: "br0");
        await lab.ShowsAsync(new("Not even the question arrived at the gateway.", "连 ARP 请求都没有到达网关。"), gateway, "ARP");
        lab.Draw(classic.Host);
    }

    private static async Task ChangeBridgeAsync(LabRun lab, ClassicHost classic)
    {
        classic.Host.SetMac("br0", ClassicHost.EthMac);
        classic.Host.ForgetNeighbors("br0");
        await classic.Host.PingSucceedsAsync(PhysicalNetwork.GatewayAddress, new("br0 reaches the gateway.", "br0 可以到达网关。"), from: "br0");
        await classic.Host.PingFailsAsync(PhysicalNetwork.GatewayAddress, new("veth1 does not.", "veth1 还不能。"), from: "veth1");
    }

    private static async Task ChangeVethAsync(LabRun lab, ClassicHost classic)
    {
        var host = classic.Host;
        ChangeMac(host, ClassicHost.EthMac);
        var (gateway, bridge, veth) = (classic.Network.Gateway.Capture("eth0"), host.Capture("br0"), host.Capture("veth1"));
        await host.PingFailsAsync(PhysicalNetwork.GatewayAddress, new("The ping fails.", "ping 失败。"), from: "veth1");
        await lab.ShowsAsync(new("The access point let the question through, and the gateway answered.", "无线路由器放行了请求，网关也应答了。"), gateway, "ARP", Request, Reply);
        await lab.ShowsAsync(new("The answer came to br0 ...", "应答到了 br0 ……"), bridge, "Reply", Reply);
        await lab.ShowsAsync(new("... and not to veth1.", "……没有到达 veth1。"), veth, "Reply");
        lab.Disagrees(
            new("Giving everything on the bridge eth0's hardware address solves it.", "将连接进 br0 的所有设备的 MAC 地址都改成和 eth0 一样就能解决。"),
            new("It does for br0. It breaks veth1: frames for eth0's address go to the host itself, never on to another port.", "对 br0 有效，对 veth1 则适得其反：发给 eth0 地址的帧交给主机自己，不会再转发到别的端口。"),
            new("A port's own address is a local entry of the forwarding table (br_fdb_add_local in net/bridge/br_fdb.c).", "端口自己的地址在转发表里是本地表项（net/bridge/br_fdb.c 的 br_fdb_add_local）。"));
    }

    private static async Task TranslateAsync(LabRun lab, ClassicHost classic)
    {
        var host = classic.Host;
        ChangeMac(host, ClassicHost.Veth1Mac);
        AddRules(host);
        var gateway = classic.Network.Gateway.Capture("eth0");
        await host.PingSucceedsAsync(PhysicalNetwork.GatewayAddress, new("veth1 reaches the gateway.", "veth1 可以到达网关。"), from: "veth1");
        await gateway.WaitForAsync(frames => FromVeth(frames).Any(), TimeSpan.FromSeconds(5));
        lab.Shows(
            new("What comes from 192.168.3.102 has the hardware address of eth0.", "来自 192.168.3.102 的帧，源 MAC 地址是 eth0 的。"),
            [ClassicHost.EthMac],
            FromVeth(gateway.Frames).Distinct());
    }

    private static void ChangeMac(LabHost host, string mac)
    {
        // What veth1 asked for is forgotten with it (neigh_ifdown).
        host.SetDown("veth1");
        host.SetMac("veth1", mac);
        host.SetUp("veth1");
    }

    private static void AddRules(LabHost host)
    {
        var table = new NftTable(NftFamily.Bridge, "wireless");
        var (eth0, veth1) = (NftData.InterfaceName("eth0"), new NftData(MacAddress.Parse(ClassicHost.Veth1Mac).ToBytes()));
        var card = new NftData(MacAddress.Parse(ClassicHost.EthMac).ToBytes());
        var inner = NftData.Address(IPAddress.Parse("192.168.3.102"));
        host.AddFrameRules(
            table,
            "postrouting",
            new NftHookSpec(NftChainType.Filter, NftHookPoint.Postrouting, LastOfBridge),
            "300",
            ($"oifname eth0 ether type arp arp saddr ether set {ClassicHost.EthMac}",
                new NftRuleSpec([.. Device(NftMetaKey.OutputInterfaceName, eth0), .. Type(EtherType.Arp), .. Write(NftPayloadBase.NetworkHeader, 8, card)])),
            ($"oifname eth0 ether saddr set {ClassicHost.EthMac}", new NftRuleSpec([.. Device(NftMetaKey.OutputInterfaceName, eth0), .. Write(NftPayloadBase.LinkHeader, 6, card)])));
        host.AddFrameRules(
            table,
            "prerouting",
            new NftHookSpec(NftChainType.Filter, NftHookPoint.Prerouting, -LastOfBridge),
            "-300",
            ($"iifname eth0 arp daddr ip 192.168.3.102 ether daddr set {ClassicHost.Veth1Mac}",
                new NftRuleSpec([.. Device(NftMetaKey.InputInterfaceName, eth0), .. Type(EtherType.Arp), .. Equal(NftPayloadBase.NetworkHeader, 24, inner), .. Write(NftPayloadBase.LinkHeader, 0, veth1)])),
            ($"iifname eth0 ip daddr 192.168.3.102 ether daddr set {ClassicHost.Veth1Mac}",
                new NftRuleSpec([.. Device(NftMetaKey.InputInterfaceName, eth0), .. Type(EtherType.IPv4), .. Equal(NftPayloadBase.NetworkHeader, 16, inner), .. Write(NftPayloadBase.LinkHeader, 0, veth1)])));
    }

    private static NftExpression[] Device(NftMetaKey key, NftData name) => [new MetaExpression(key, NftRegister.First), new CompareExpression(NftCompare.Equal, NftRegister.First, name)];

    private static NftExpression[] Type(EtherType type) => Equal(NftPayloadBase.LinkHeader, 12, NftData.Port((ushort)type));

    private static NftExpression[] Equal(NftPayloadBase header, int offset, NftData value) =>
        [new PayloadExpression(header, offset, value.Length, NftRegister.First), new CompareExpression(NftCompare.Equal, NftRegister.First, value)];

    private static NftExpression[] Write(NftPayloadBase header, int offset, NftData value) =>
        [new ImmediateExpression(NftRegister.First, value), new PayloadWriteExpression(header, offset, value.Length, NftRegister.First)];

    /// <summary>The hardware addresses of frames with packets from veth1.</summary>
    private static IEnumerable<string> FromVeth(IReadOnlyList<CapturedFrame> frames) =>
        frames.Where(f => f.ToString().StartsWith("IP 192.168.3.102 ", StringComparison.Ordinal)).Select(f => MacAddress.FromBytes(f.Bytes.Span[6..12]).ToString());
}
