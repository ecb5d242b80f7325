namespace Viaduct.Kube.Informers;

/// <summary>Doubling pauses with a little randomness, so that many clients do not come back in step. Not for concurrent use.</summary>
public sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private int _times;

    /// <summary>Whether no pause was needed since the last success.</summary>
    public bool IsFirst => _times == 0;

    public TimeSpan Next()
    {
        var pause = first * Math.Pow(2, Math.Min(_times++, 30));
        return (pause < longest ? pause : longest) * (0.75 + (Random.Shared.NextDouble() * 0.5));
    }

    public void Reset() => _times = 0;
}
