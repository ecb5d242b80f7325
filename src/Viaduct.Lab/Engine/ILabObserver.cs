namespace Viaduct.Lab.Engine;

/// <summary>Follows an experiment while it runs.</summary>
public interface ILabObserver
{
    /// <summary>All is made that the first step, which begins when the task completes, finds.</summary>
    Task PreparedAsync(Preparation preparation);

    /// <summary>A step is over; the next one begins when the task completes.</summary>
    Task StepDoneAsync(StepTranscript step);
}
