using System.Net;
using System.Net.Sockets;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments.UserAndKernel;

/// <summary>Packets between two hosts, and the softirqs in which the kernel receives them.</summary>
internal static class PacketFlood
{
    private const int Packets = 20_000, Bursts = 20, MostPerSoftInterrupt = 300;

    public static void Run(LabRun lab)
    {
        var (sender, receiver) = (lab.AddHost("sender"), lab.AddHost("receiver"));
        sender.AddVeth("eth0", "eth0", "02:00:00:00:00:01", "02:00:00:00:00:02", receiver);
        foreach (var (host, address) in new[] { (sender, "10.1.0.1/24"), (receiver, "10.1.0.2/24") })
        {
            host.AddAddress("eth0", address);
            host.SetUp("eth0");
        }

        using var listening = Open(receiver);
        listening.Bind(new IPEndPoint(IPAddress.Any, 9));
        using var socket = Open(sender);
        socket.Connect(new IPEndPoint(IPAddress.Parse("10.1.0.2"), 9));
        var (before, softInterrupts, interrupts) = (KernelCounters.Received(receiver, "eth0"), KernelCounters.SoftInterrupts("NET_RX"), KernelCounters.Interrupts());
        var nanoseconds = Nanoseconds.Least(Bursts - 1, Packets / Bursts, () => Send(socket));
        var (received, found) = (KernelCounters.Received(receiver, "eth0") - before, KernelCounters.SoftInterrupts("NET_RX") - softInterrupts);
        Claim(lab, received, found);
        lab.Measured(
            [new("during the flood", "发送期间"), new("count", "数量")],
            new MeasuredRow(new("packets", "数据包"), $"{received}"),
            new MeasuredRow(new("softirqs NET_RX on all processors", "所有处理器上的软中断 NET_RX"), $"{found}"),
            new MeasuredRow(new("interrupts of all devices, the clock's too", "所有外设（包括时钟）的中断"), $"{KernelCounters.Interrupts() - interrupts}"),
            new MeasuredRow(new("least nanoseconds for a packet, sent and received", "每个数据包发送和接收的最短纳秒数"), Nanoseconds.Show(nanoseconds)));
    }

    private static void Claim(LabRun lab, long received, long found)
    {
        lab.Holds(new("Every packet arrived.", "每个数据包都已到达。"), received >= Packets, received >= Packets ? null : $"{received} of {Packets}");
        lab.Holds(
            new(
                "No device interrupts for them: the cards are virtual. The kernel receives them in softirqs, at most 300 packets in each (net.core.netdev_budget).",
                "没有外设为它们产生中断：网卡是虚拟的。内核在软中断中接收它们，每次最多 300 个（net.core.netdev_budget）。"),
            !KernelCounters.HasInterrupt("veth") && found >= received / MostPerSoftInterrupt,
            found >= received / MostPerSoftInterrupt ? null : $"{found} softirqs");
    }

    private static Socket Open(LabHost host) => host.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));

    private static void Send(Socket socket)
    {
        ReadOnlySpan<byte> packet = stackalloc byte[64];
        for (var i = 0; i < Packets / Bursts; i++)
            socket.Send(packet);
    }
}
