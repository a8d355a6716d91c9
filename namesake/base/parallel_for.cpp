#include "namesake/base/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace namesake::base {
namespace {

// About 100 us: the gap between two products of a training step. A thread that sleeps takes 17 to 100 us to wake.
constexpr int kSpins = 4000;

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

struct Job {
  void (*run)(void*, std::int64_t);
  void* context;
  std::int64_t pieces;
  std::atomic<std::int64_t> next{0};
  std::atomic<int> helpers{0};  // threads other than the caller that may touch this job
  std::mutex error_mutex;
  std::exception_ptr error;

  void work() {
    for (std::int64_t piece; (piece = next.fetch_add(1)) < pieces;) {
      try {
        run(context, piece);
      } catch (...) {
        const std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
      }
    }
  }
};

class Threads {
 public:
  static Threads& get() {
    // Never destroyed: static tensors of the program may outlive any static of ours.
    static Threads* threads = new Threads;
    return *threads;
  }

  void run(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      if (job_ != nullptr) return job.work();  // in use
      job_ = &job;
      generation_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    job.work();
    {
      const std::lock_guard lock(mutex_);
      job_ = nullptr;  // from here on nobody joins
    }
    for (int i = 0; i < kSpins && job.helpers.load(std::memory_order_acquire) != 0; ++i) pause_briefly();
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return job.helpers.load(std::memory_order_acquire) == 0; });
  }

 private:
  Threads() {
    for (int i = 1; i < thread_count(); ++i) std::thread([this] { serve(); }).detach();
  }

  void serve() {
    std::uint64_t seen = 0;
    for (;;) {
      for (int i = 0; i < kSpins && generation_.load(std::memory_order_acquire) == seen; ++i) pause_briefly();
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load(std::memory_order_acquire) != seen; });
      seen = generation_.load(std::memory_order_acquire);
      Job* job = job_;
      if (job == nullptr) continue;
      job->helpers.fetch_add(1, std::memory_order_acq_rel);
      lock.unlock();
      job->work();
      lock.lock();  // the caller may end the job's life once it sees no helper: it looks under this lock
      job->helpers.fetch_sub(1, std::memory_order_acq_rel);
      idle_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::atomic<std::uint64_t> generation_{0};
  Job* job_ = nullptr;
};

thread_local constinit bool inside = false;

}  // namespace

int thread_count() {
  static const int count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return count;
}

void parallel_for(std::int64_t pieces, void (*run)(void* context, std::int64_t piece), void* context) {
  Job job{.run = run, .context = context, .pieces = pieces};
  if (pieces <= 1 || inside || thread_count() == 1) {
    job.work();
  } else {
    inside = true;
    Threads::get().run(job);
    inside = false;
  }
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace namesake::base
