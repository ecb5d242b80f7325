using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Nftables;
using Viaduct.Tests.Proxy;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>Netlink faults and edits by others at every step of what is done to a real kernel's table.</summary>
public class TransactionFaultTests
{
    private const int NetlinkNetfilter = 12;

    private static readonly string[] s_edits =
    [
        "flush map ip viaduct service", "delete table ip viaduct", "flush set ip viaduct cluster-ips", "add rule ip viaduct services drop",
        "flush map ip viaduct endpoints", "add chain ip viaduct fan-out-9",
    ];

    private int edits;

    [Theory]
    [InlineData(nameof(TransportFault.RefuseMessage), Errno.EEXIST)]
    [InlineData(nameof(TransportFault.FailSend), Errno.ENOBUFS)]
    [InlineData(nameof(TransportFault.FailAfterSend), Errno.ENOBUFS)]
    [InlineData(nameof(TransportFault.LoseAnswers), 0)]
    [InlineData(nameof(TransportFault.FailReceive), Errno.ENOBUFS)]
    [InlineData(nameof(TransportFault.InterruptDump), 0)]
    public void After_a_fault_at_any_step_of_a_restart_the_next_try_reaches_the_state(string fault, int errno) =>
        Assert.InRange(Faults.OfAChange(NewKernel, Enum.Parse<TransportFault>(fault), errno, isRestart: true), 1, int.MaxValue);

    // Between reading and writing, or between two lists.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_edit_at_any_step_is_noticed_and_repaired(bool isRestart) =>
        Assert.InRange(Faults.OfAChange(NewKernel, TransportFault.Meanwhile, 0, isRestart), 1, int.MaxValue);

    private FaultyKernel NewKernel()
    {
        var ns = NetNamespace.Create();
        return new FaultyKernel(ns.Run(() => new NetlinkSocket(NetlinkNetfilter)), NftMonitor.In(ns), () => Tool.Run(ns, "nft", s_edits[edits++ % s_edits.Length]), ns.Dispose);
    }
}
