namespace Viaduct.Controllers.Shared;

/// <summary>Many like actions at once, but first one, then two, then four ...: what fails for all fails after one.</summary>
internal static class SlowStart
{
    public static async Task RunAsync(int count, Func<Task> action)
    {
        for (int done = 0, batch = 1; done < count; done += batch, batch *= 2)
        {
            batch = Math.Min(batch, count - done);
            await Task.WhenAll(Enumerable.Range(0, batch).Select(_ => action()));
        }
    }
}
