using System.Net;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;
using Viaduct.Linux.Features;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Experiments;

/// <summary>Two switches with two cables between them: one frame goes round for ever, unless the spanning tree protocol blocks a cable.</summary>
internal sealed class SpanningTree : Experiment
{
    private const uint Rounds = 50;
    private const string LeftMac = "02:00:00:00:04:0a", RightMac = "02:00:00:00:04:0b", Question = "ARP, Request who-has 192.168.4.99 tell 192.168.4.10";

    private static readonly string[] s_cables = ["port1", "port2"];

    private static readonly NftTable s_guard = new(NftFamily.Bridge, "guard");

    public override string Name => "stp";

    public override LocalizedText Title => new("A loop, and the spanning tree that stops it", "环路，以及阻止它的生成树协议");

    public override LocalizedText Introduction => new(
        "Ethernet frames have no time to live. When two switches are connected by two cables, a frame for all goes round without end, in both directions, and a copy goes out of every port each time. The spanning tree "
        + "protocol (IEEE 802.1D) finds the loop and blocks one of the cables. In Linux it is off by default.",
        "以太网帧没有 TTL。两台交换机之间接了两根网线时，一个广播帧会沿两个方向无休止地转圈，每一圈都从所有端口再发一份。生成树协议（IEEE 802.1D）会发现环路并阻塞其中一根网线。Linux 默认不打开它。");

    public override string Essential => "the spanning tree";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [KernelFeature.ProbeNftablesBridge()];

    public override async Task RunAsync(LabRun lab)
    {
        var (first, second, left, right) = (lab.AddHost("switch1"), lab.AddHost("switch2"), lab.AddHost("left"), lab.AddHost("right"));
        Build(first, second, left, right);
        await lab.StepAsync(new("Two switches with one cable between them.", "两台交换机，之间一根网线。"), async () =>
        {
            lab.Draw(first, second);
            await left.PingSucceedsAsync("192.168.4.11", new("right answers left.", "right 应答了 left。"));
        });
        await lab.StepAsync(new($"Plug in the second cable. A guard ends each round after {Rounds} times.", $"接上第二根网线。用规则保护：每个方向转 {Rounds} 圈后丢弃。"), () => StormAsync(lab, first, second, left, right));
        await lab.StepAsync(new("Run the spanning tree protocol on both switches, and plug the cable in again.", "在两台交换机上打开生成树协议，再接上网线。"), () => BlockAsync(lab, first, second, left, right));
    }

    private static void Build(LabHost first, LabHost second, LabHost left, LabHost right)
    {
        foreach (var one in new[] { first, second })
        {
            one.AddBridge("br0");
            // What snoops speaks IGMP itself, and such a frame would go round, too.
            one.SetBridge("br0", new BridgeChange { MulticastSnooping = false });
            one.SetUp("br0");
        }

        // The lower hardware address makes the first switch the root of the tree.
        Plug(first, "port1", "02:00:00:00:04:11", second, "port1", "02:00:00:00:04:21", isUp: true);
        Plug(first, "port2", "02:00:00:00:04:12", second, "port2", "02:00:00:00:04:22", isUp: false);
        Plug(first, "port3", "02:00:00:00:04:13", left, "eth0", LeftMac, isUp: true);
        Plug(second, "port3", "02:00:00:00:04:23", right, "eth0", RightMac, isUp: true);
        left.AddAddress("eth0", "192.168.4.10/24");
        right.AddAddress("eth0", "192.168.4.11/24");
    }

    private static void Plug(LabHost near, string port, string mac, LabHost far, string farPort, string farMac, bool isUp)
    {
        near.AddVeth(port, farPort, mac, farMac, far);
        near.SetMaster(port, "br0");
        if (farPort != "eth0")
            far.SetMaster(farPort, "br0");
        far.SetUp(farPort);
        if (isUp)
            near.SetUp(port);
    }

    private static async Task StormAsync(LabRun lab, LabHost first, LabHost second, LabHost left, LabHost right)
    {
        first.AddFrameRules(s_guard, "forward", new NftHookSpec(NftChainType.Filter, NftHookPoint.Forward, 0), "0", Guard("port1"), Guard("port2"));
        first.SetUp("port2");
        await first.WaitForAsync(() => Forwards(first, "port2") && Forwards(second, "port2"), TimeSpan.FromSeconds(5));
        var heard = right.Capture("eth0");
        left.Send("eth0", FrameForAll());
        // The frame leaves by both cables at once; of its passes over each, the guard drops the last.
        var copies = 2 * ((int)Rounds - 1);
        await heard.WaitForAsync(frames => Copies(frames) >= copies, TimeSpan.FromSeconds(5));
        lab.Shows(new("left sent one frame. So many copies came to right, and only the guard ended it.", "left 只发送了一个帧。right 却收到了这么多份，而且是保护规则才让它停下来的。"), [$"copies: {copies}"], [$"copies: {Copies(heard.Frames)}"]);
        var learned = first.Learned("br0").Where(l => l.StartsWith(LeftMac, StringComparison.Ordinal)).ToList();
        lab.Holds(
            new("switch1 has lost left, too: it now believes it to be behind a cable to switch2.", "switch1 也找不到 left 了：它以为 left 在通向 switch2 的网线那边。"),
            learned is [var entry] && !entry.EndsWith("port3", StringComparison.Ordinal));
        first.SetDown("port2");
        first.DeleteTable(s_guard);
    }

    private static async Task BlockAsync(LabRun lab, LabHost first, LabHost second, LabHost left, LabHost right)
    {
        lab.Given("the spanning tree", () =>
        {
            first.SetBridge("br0", new BridgeChange { Stp = true, HelloTime = TimeSpan.FromSeconds(1) });
            second.SetBridge("br0", new BridgeChange { Stp = true, HelloTime = TimeSpan.FromSeconds(1) });
        });
        first.SetUp("port2");
        await second.WaitForAsync(() => second.Link("port2").PortState == BridgePortState.Blocking, TimeSpan.FromSeconds(4));
        lab.Shows(
            new("switch2 heard of switch1, the root, by both its cables, and blocks the second (bridge link).", "switch2 从两根网线都听到了根交换机 switch1，于是阻塞了第二根（bridge link）。"),
            ["port1 state forwarding", "port2 state blocking"],
            s_cables.Select(p => $"{p} state {second.Link(p).PortState?.ToString().ToLowerInvariant()}"));
        var heard = right.Capture("eth0");
        left.Send("eth0", FrameForAll());
        await left.PingSucceedsAsync("192.168.4.11", new("right answers left.", "right 应答了 left。"));
        await heard.WaitForAsync(frames => Copies(frames) >= 1, TimeSpan.FromSeconds(5));
        lab.Shows(new("And of a frame for all, right gets one.", "广播帧 right 也只收到一份。"), ["copies: 1"], [$"copies: {Copies(heard.Frames)}"]);
        lab.Disagrees(
            new("A new port of a bridge is silent for 30 seconds.", "网桥的新端口要等 30 秒才能通信。"),
            new("Only with the spanning tree protocol, which is off by default; without it a port forwards at once, loop or not.", "只有打开生成树协议时才这样，而它默认是关闭的；关闭时端口立即转发，不管有没有环路。"),
            new("br_make_forwarding() in net/bridge/br_stp.c goes by way of listening and learning only when the protocol runs.", "net/bridge/br_stp.c 的 br_make_forwarding() 只在协议运行时才经过 listening 和 learning 两个状态。"));
    }

    private static (string Text, NftRuleSpec Rule) Guard(string port) => ($"oifname {port} numgen inc mod {Rounds} == {Rounds - 1} counter drop", new NftRuleSpec(
        new MetaExpression(NftMetaKey.OutputInterfaceName, NftRegister.First),
        new CompareExpression(NftCompare.Equal, NftRegister.First, NftData.InterfaceName(port)),
        new NumgenExpression(Rounds, NftRegister.First, IsRandom: false),
        new CompareExpression(NftCompare.Equal, NftRegister.First, NftData.Word(Rounds - 1)),
        new CounterExpression(),
        new ImmediateExpression(NftVerdict.Drop)));

    private static bool Forwards(LabHost host, string port) => host.Link(port) is { IsRunning: true, PortState: BridgePortState.Forwarding };

    private static int Copies(IReadOnlyList<CapturedFrame> frames) => frames.Count(f => f.ToString() == Question);

    private static byte[] FrameForAll()
    {
        var frame = new byte[EthernetFrame.HeaderSize + ArpPacket.Size];
        EthernetFrame.WriteHeader(frame, MacAddress.Parse("ff:ff:ff:ff:ff:ff"), MacAddress.Parse(LeftMac), EtherType.Arp);
        new ArpPacket(false, MacAddress.Parse(LeftMac), IPAddress.Parse("192.168.4.10"), default, IPAddress.Parse("192.168.4.99")).Write(frame.AsSpan(EthernetFrame.HeaderSize));
        return frame;
    }
}
