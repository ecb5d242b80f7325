using CsCheck;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Tests.Proxy.Server;

public class MetaDurationTests
{
    [Theory]
    [InlineData("1h0m0s", 3600)]
    [InlineData("1.5h", 5400)]
    [InlineData("500ms", 0.5)]
    [InlineData("1m30s", 90)]
    [InlineData("100us", 0.0001)]
    [InlineData("-2s", -2)]
    [InlineData("+2s", 2)]
    [InlineData(".5s", 0.5)]
    [InlineData("1000000ns", 0.001)]
    [InlineData("0", 0)]
    public void Text_is_read_as_Go_does(string text, double seconds)
    {
        Assert.True(MetaDuration.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5d")]
    [InlineData("s")]
    [InlineData("1 s")]
    [InlineData("--1s")]
    [InlineData("99999999999999999999h")]
    public void Anything_else_is_none(string text) => Assert.False(MetaDuration.TryParse(text, out _));

    [Theory]
    [InlineData(86400, "24h0m0s")]
    [InlineData(90, "1m30s")]
    [InlineData(0.25, "250ms")]
    [InlineData(0, "0s")]
    public void It_is_written_as_Go_does(double seconds, string text) => Assert.Equal(text, MetaDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void What_is_written_reads_back_the_same() => Gen.Long[-1L << 50, 1L << 50].Sample(ticks =>
        MetaDuration.TryParse(MetaDuration.Format(new TimeSpan(ticks)), out var again) && again.Ticks == ticks);
}
