namespace Viaduct.Tests;

public class SmokeTests
{
    [Fact]
    public void The_truth_is_true() => Assert.Equal(2, 1 + 1);
}
