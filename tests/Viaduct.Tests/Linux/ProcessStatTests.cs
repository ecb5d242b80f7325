using Viaduct.Linux.Processes;

namespace Viaduct.Tests.Linux;

public class ProcessStatTests
{
    [Fact]
    public void Numbers_are_found_behind_a_name_that_looks_like_more_of_them()
    {
        var stat = ProcessStat.Parse("17 (a) 1 (b) R 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19");
        Assert.Equal((4, 10, 14, 15, 16, 17), (stat.Parent, stat.MinorFaults, stat.UserTicks, stat.SystemTicks, stat.ChildrenUserTicks, stat.ChildrenSystemTicks));
    }

    [Fact]
    public void This_process_has_touched_pages_and_one_that_is_not_there_tells_nothing()
    {
        Assert.True(ProcessStat.Read(Environment.ProcessId).MinorFaults > 0);
        Assert.Null(ProcessStat.TryRead(int.MaxValue));
    }
}
