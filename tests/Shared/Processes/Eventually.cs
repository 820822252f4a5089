namespace Courier.Testing.Processes;

/// <summary>Waits for what another process will have done soon.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until the answer is not null; after the limit an exception says what was waited for.</summary>
    public static async Task<T> GetAsync<T>(string what, Func<Task<T?>> ask, int seconds = 15)
        where T : class
    {
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        while (true)
        {
            if (await ask() is { } answer)
                return answer;
            if (clock.GetElapsedTime(start) > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException($"{what} did not happen within {seconds} s");
            await Task.Delay(Step);
        }
    }

    public static Task IsAsync(string what, Func<Task<bool>> ask, int seconds = 15) =>
        GetAsync(what, async () => await ask() ? what : null, seconds);

    public static Task IsAsync(string what, Func<bool> ask, int seconds = 15) =>
        GetAsync(what, () => Task.FromResult(ask() ? what : null), seconds);
}
