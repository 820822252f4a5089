namespace Courier.Queue.Scheduling;

/// <summary>How many attempts at once a destination gets. One that adapts begins with a few, doubles while all goes well, halves when the destination is
/// overloaded, and from then on feels its way up by one for each full round of answers (as TCP does, RFC 5681 §3.1).</summary>
internal sealed class Concurrency
{
    /// <summary>Enough to be quick with a healthy destination, few enough not to hurt one that is struggling.</summary>
    private const int Begin = 5;

    private readonly int _most;
    private readonly bool _adapts;
    private double _limit;
    private bool _hasStumbled;

    // Attempts that ran already when it shrank say nothing new: they are passed over.
    private int _deaf;

    private Concurrency(int most, bool adapts)
    {
        (_most, _adapts) = (Math.Max(1, most), adapts);
        _limit = adapts ? Math.Min(Begin, _most) : _most;
        IsProven = !adapts;
    }

    internal int Limit => (int)_limit;

    /// <summary>The last that was heard of it was an answer. Of one that does not adapt nothing need be heard.</summary>
    internal bool IsProven { get; private set; }

    internal static Concurrency Fixed(int most) => new(most, adapts: false);

    internal static Concurrency Adaptive(int most) => new(most, adapts: true);

    internal void Learn(Feedback feedback)
    {
        if (!_adapts || feedback == Feedback.None)
            return;
        IsProven = feedback == Feedback.Answered;
        if (IsProven)
        {
            _limit = Math.Min(_most, _limit + (_hasStumbled ? 1 / _limit : 1));
            _deaf = Math.Max(0, _deaf - 1);
        }
        else if (_deaf > 0)
        {
            _deaf--;
        }
        else
        {
            _deaf = Limit - 1;
            _limit = Math.Max(1, Math.Floor(_limit / 2));
            _hasStumbled = true;
        }
    }
}
