using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Tests.Nftables;

namespace Viaduct.Tests.Proxy;

/// <summary>Netlink faults at every step, with a kernel in memory; the kernel tests have some of them with a real one.</summary>
public class TransactionFaultTests
{
    public static TheoryData<string, int> AllFaults => [.. Faults.All.Select(f => (f.Fault.ToString(), f.Errno))];

    [Theory]
    [MemberData(nameof(AllFaults))]
    public void A_change_that_meets_a_fault_is_whole_or_not_at_all_and_the_next_one_leaves_what_a_fresh_write_makes(string fault, int errno) =>
        Tell(fault, errno, Faults.OfAChange(NewKernel, Enum.Parse<TransportFault>(fault), errno, isRestart: false));

    [Theory]
    [MemberData(nameof(AllFaults))]
    public void A_restart_that_meets_a_fault_is_whole_or_not_at_all_and_the_next_try_leaves_what_a_fresh_write_makes(string fault, int errno) =>
        Tell(fault, errno, Faults.OfAChange(NewKernel, Enum.Parse<TransportFault>(fault), errno, isRestart: true));

    [Theory]
    [MemberData(nameof(AllFaults))]
    public void A_first_write_that_meets_a_fault_is_ended_by_the_next_one(string fault, int errno) =>
        Tell(fault, errno, Faults.OfAFirstWrite(NewKernel, Enum.Parse<TransportFault>(fault), errno));

    [Fact]
    public void That_the_kernel_refuses_the_table_is_no_Service_s_fault()
    {
        var transport = new FaultyTransport(new InMemoryNftables()) { IsLasting = true };
        transport.Arm(TransportFault.RefuseMessage, 1, Errno.EEXIST);
        using var nft = new NftClient(transport);
        var error = Assert.Throws<NetlinkException>(() => Faults.Write(nft));
        Assert.StartsWith("changing nftables, add table ip viaduct, failed", error.Message, StringComparison.Ordinal);
    }

    private static FaultyKernel NewKernel() => new(new InMemoryNftables());

    // A change of a table that is known lists nothing.
    private static void Tell(string fault, int errno, int steps)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{fault} at {steps} steps, {Errno.Show(errno)}");
        Assert.True(steps > 0 || fault == nameof(TransportFault.InterruptDump));
    }
}
