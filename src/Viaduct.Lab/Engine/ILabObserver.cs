namespace Viaduct.Lab.Engine;

/// <summary>Follows an experiment while it runs.</summary>
public interface ILabObserver
{
    /// <summary>A step is over; the next one begins when the task completes.</summary>
    Task StepDoneAsync(StepTranscript step);
}
