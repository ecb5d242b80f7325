using Viaduct.Node.Network.Routing;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Node.Routing;

public class PaceTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);
    private readonly ManualTime _time = new();

    [Fact]
    public void A_burst_is_not_held_up_and_what_never_ends_is()
    {
        var pace = new Pace(3, s_interval, _time);
        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero], new[] { pace.Next(), pace.Next(), pace.Next() });
        for (var round = 0; round < 5; round++)
        {
            var pause = pace.Next();
            Assert.Equal(s_interval, pause);
            _time.Advance(pause);
        }
    }

    [Fact]
    public void After_a_calm_time_there_is_a_burst_again_and_no_longer_one()
    {
        var pace = new Pace(2, s_interval, _time);
        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero], new[] { pace.Next(), pace.Next() });
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, s_interval], new[] { pace.Next(), pace.Next(), pace.Next() });
    }
}
