using System.Net;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Guests;
using Viaduct.Lab.Network;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;

namespace Viaduct.Lab.Experiments;

/// <summary>A bridge learns where addresses are from the frames that it sees, and forgets what it no longer sees.</summary>
internal sealed class LearningAndAgeing : Experiment
{
    private const string Question = "ARP, Request who-has 192.168.9.3 tell 192.168.9.2", Late = "IP 192.168.9.2 > 192.168.9.3: ICMP echo reply, seq 7";

    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1), s_default = TimeSpan.FromSeconds(300);

    public override string Name => "fdb-learning";

    public override LocalizedText Title => new("What a bridge learns, and forgets", "网桥如何学习和遗忘 MAC 地址");

    public override LocalizedText Introduction => new(
        "A bridge sends a frame out of one port only if it knows where the destination is. It learns that from the source addresses of what comes in, keeps it in its forwarding "
        + "table (FDB), and forgets it when nothing came from there for a while. What it does not know it sends everywhere.",
        "网桥只有知道目的地址在哪个端口时，才只从那个端口转发。它从收到的帧的源地址学习，记录在转发表（FDB）里，一段时间没有再见到就忘掉。不知道的地址则向所有端口泛洪。");

    public override string Essential => "a short ageing time";

    public override async Task RunAsync(LabRun lab)
    {
        var bridged = new BridgedContainers(lab, 3);
        var (host, first, third) = (bridged.Host, bridged.Containers[0], bridged.Containers[2]);
        await lab.StepAsync(new("Look at the table of a bridge that has seen nothing.", "查看一个还没有收到任何帧的网桥的转发表。"), () =>
        {
            lab.Shows(new("Nothing was learned yet.", "还没有学到任何地址。"), [], host.Learned("br0"));
            lab.Draw([host, .. bridged.Containers]);
        });
        await lab.StepAsync(new("container1 pings container2, while container3 listens.", "container1 ping container2,container3 同时监听。"), () => LearnAsync(lab, host, first, third));
        await lab.StepAsync(new("Let the bridge forget after one second.", "让网桥在一秒后遗忘。"), () => ForgetAsync(lab, host, first, third));
        await lab.StepAsync(new("container3 sends a frame in the name of container2.", "container3 以 container2 的名义发送一个帧。"), () => DeceiveAsync(lab, host, third));
    }

    private static async Task LearnAsync(LabRun lab, LabHost host, LabHost first, LabHost third)
    {
        var heard = third.Capture("eth0");
        await first.PingSucceedsAsync("192.168.9.3", new("container2 answers.", "container2 有应答。"));
        lab.Shows(
            new("The bridge learned both from their own frames (bridge fdb show br br0 dynamic).", "网桥从它们各自发出的帧学到了两个地址（bridge fdb show br br0 dynamic）。"),
            [$"{BridgedContainers.MacOf(1)} dev veth1", $"{BridgedContainers.MacOf(2)} dev veth2"],
            host.Learned("br0"));
        await lab.ShowsAsync(
            new("container3 heard the question for the hardware address, which is for all, and nothing else.", "container3 只听到了发给所有人的 ARP 请求，别的什么也没有。"), heard, "192.168.9.3", Question);
    }

    private static async Task ForgetAsync(LabRun lab, LabHost host, LabHost first, LabHost third)
    {
        lab.Given("a short ageing time", () => host.SetBridge("br0", new BridgeChange { AgeingTime = s_short }));
        await host.WaitForAsync(() => host.Learned("br0").Count == 0, TimeSpan.FromSeconds(3));
        lab.Shows(new("The table is empty again.", "转发表又空了。"), [], host.Learned("br0"));
        host.SetBridge("br0", new BridgeChange { AgeingTime = s_default });
        var heard = third.Capture("eth0");
        first.Send("eth0", UnaskedAnswer());
        await lab.ShowsAsync(
            new("A frame for container2 alone now comes to container3, too: where container2 is, the bridge no longer knows.", "现在只发给 container2 的帧也到了 container3：网桥已不知道 container2 在哪里。"),
            heard,
            "192.168.9.3",
            Late);
    }

    private static async Task DeceiveAsync(LabRun lab, LabHost host, LabHost third)
    {
        third.Send("eth0", FrameFrom(BridgedContainers.MacOf(2)));
        var moved = $"{BridgedContainers.MacOf(2)} dev veth3";
        await host.WaitForAsync(() => host.Learned("br0").Contains(moved), TimeSpan.FromSeconds(5));
        lab.Holds(
            new(
                "The bridge believes it: frames for container2 would go to container3, until container2 sends something itself (br_fdb_update in net/bridge/br_fdb.c).",
                "网桥相信了：发给 container2 的帧会被送到 container3，直到 container2 自己再发出数据（net/bridge/br_fdb.c 的 br_fdb_update）。"),
            host.Learned("br0").Contains(moved),
            string.Join('\n', host.Learned("br0")));
    }

    /// <summary>An answer that nobody asked for: whom it reaches does not answer it.</summary>
    private static byte[] UnaskedAnswer() => Ethernet(
        BridgedContainers.MacOf(2),
        BridgedContainers.MacOf(1),
        EtherType.IPv4,
        new IPv4Packet(IPAddress.Parse(BridgedContainers.AddressOf(1)), IPAddress.Parse(BridgedContainers.AddressOf(2)), IPv4Packet.Icmp, new EchoMessage(true, 1, 7, new byte[32]).ToBytes()).ToBytes());

    private static byte[] FrameFrom(string mac) => Ethernet("02:00:00:00:00:ee", mac, (EtherType)0x88b5, new byte[46]);

    private static byte[] Ethernet(string destination, string source, EtherType type, byte[] payload)
    {
        var frame = new byte[EthernetFrame.HeaderSize + payload.Length];
        EthernetFrame.WriteHeader(frame, MacAddress.Parse(destination), MacAddress.Parse(source), type);
        payload.CopyTo(frame, EthernetFrame.HeaderSize);
        return frame;
    }
}
