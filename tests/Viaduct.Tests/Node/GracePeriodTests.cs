using Viaduct.Kube.Objects;
using Viaduct.Node.Pods;

namespace Viaduct.Tests.Node;

public class GracePeriodTests
{
    private static readonly DateTimeOffset s_noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0.9, 3)] // deleted at 12:00:00.9; the timestamp says 12:00:03
    [InlineData(3.5, 0.5)]
    [InlineData(9, 0)]
    public void A_container_gets_its_whole_grace_period_although_the_timestamp_has_no_fraction(double now, double left)
    {
        var metadata = new ObjectMeta { DeletionTimestamp = s_noon.AddSeconds(3), DeletionGracePeriodSeconds = 3 };

        Assert.Equal(TimeSpan.FromSeconds(left), GracePeriod.Left(metadata, s_noon.AddSeconds(now)));
    }

    [Fact]
    public void A_grace_period_of_zero_is_over_at_once() =>
        Assert.Equal(TimeSpan.Zero, GracePeriod.Left(new ObjectMeta { DeletionTimestamp = s_noon, DeletionGracePeriodSeconds = 0 }, s_noon));
}
